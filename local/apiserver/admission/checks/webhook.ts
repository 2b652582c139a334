import { duplicate, invalid, notSupported, required, tooMany } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { dnsLabel1035Problems } from '../../names.ts';
import type { MatchCondition, Webhook, WebhookKind } from '../webhook.ts';
import { checkClientConfig } from './client-config.ts';
import { checkFullyQualifiedName, checkQualifiedName } from './names.ts';
import { checkRule } from './rules.ts';
import { checkLabelSelector } from './selector.ts';

const MAX_CONDITIONS = 64;
const reviewVersions = ['v1', 'v1beta1'];

function checkChoice(value: string | undefined, field: string, choices: string[]): FieldError[] {
  return value === undefined || choices.includes(value) ? [] : [notSupported(field, value, choices)];
}

function checkSideEffects(value: string | undefined, field: string): FieldError[] {
  const allowed = ['None', 'NoneOnDryRun'];
  return value === undefined
    ? [required(field, `must specify one of ${allowed.join(', ')}`)]
    : checkChoice(value, field, allowed);
}

function checkReviewVersions(versions: string[], field: string): FieldError[] {
  const list = reviewVersions.join(', ');
  if (versions.length === 0) return [required(field, `must specify one of ${list}`)];
  const errors = versions.flatMap((version, index) => {
    const at = `${field}[${index}]`;
    if (versions.indexOf(version) < index) return [invalid(at, version, 'duplicate version')];
    return dnsLabel1035Problems(version).map((problem) => invalid(at, version, problem));
  });
  return versions.some((version) => reviewVersions.includes(version))
    ? errors
    : [...errors, invalid(field, versions, `must include at least one of ${list}`)];
}

export type CheckExpression = (expression: string, field: string) => FieldError[];

function checkConditions(conditions: MatchCondition[], field: string, checkExpression: CheckExpression): FieldError[] {
  const seen = new Set<string>();
  return [
    ...(conditions.length > MAX_CONDITIONS ? [tooMany(field, conditions.length, MAX_CONDITIONS)] : []),
    ...conditions.flatMap(({ name = '', expression = '' }, index) => {
      const at = `${field}[${index}]`;
      const text = expression.trim();
      const repeated = name !== '' && seen.has(name);
      seen.add(name);
      return [
        ...(text === '' ? [required(`${at}.expression`)] : checkExpression(text, `${at}.expression`)),
        ...(name === '' ? [required(`${at}.name`)] : checkQualifiedName(name, `${at}.name`)),
        ...(repeated ? [duplicate(`${at}.name`, name)] : []),
      ];
    }),
  ];
}

function checkWebhook(
  webhook: Webhook,
  kind: WebhookKind,
  field: string,
  checkExpression: CheckExpression,
): FieldError[] {
  const { timeoutSeconds } = webhook;
  const late = timeoutSeconds < 1 || timeoutSeconds > 30;
  return [
    ...checkFullyQualifiedName(webhook.name ?? '', `${field}.name`),
    ...(webhook.rules ?? []).flatMap((rule, index) => checkRule(rule, `${field}.rules[${index}]`)),
    ...checkChoice(webhook.failurePolicy, `${field}.failurePolicy`, ['Fail', 'Ignore']),
    ...checkChoice(webhook.matchPolicy, `${field}.matchPolicy`, ['Equivalent', 'Exact']),
    ...checkSideEffects(webhook.sideEffects, `${field}.sideEffects`),
    ...(late
      ? [invalid(`${field}.timeoutSeconds`, timeoutSeconds, 'the timeout value must be between 1 and 30 seconds')]
      : []),
    ...checkLabelSelector(webhook.namespaceSelector, `${field}.namespaceSelector`),
    ...checkLabelSelector(webhook.objectSelector, `${field}.objectSelector`),
    ...(kind === 'mutating'
      ? checkChoice(webhook.reinvocationPolicy, `${field}.reinvocationPolicy`, ['IfNeeded', 'Never'])
      : []),
    ...checkClientConfig(webhook.clientConfig, `${field}.clientConfig`),
    ...checkConditions(webhook.matchConditions ?? [], `${field}.matchConditions`, checkExpression),
    ...checkReviewVersions(webhook.admissionReviewVersions ?? [], `${field}.admissionReviewVersions`),
  ];
}

/** All errors in the webhooks of one configuration, with the messages and order of a kube-apiserver. */
export function checkWebhooks(webhooks: Webhook[], kind: WebhookKind, checkExpression: CheckExpression): FieldError[] {
  return webhooks.flatMap((webhook, index) => {
    const field = `webhooks[${index}]`;
    const repeated = (webhook.name ?? '') !== '' && webhooks.findIndex(({ name }) => name === webhook.name) < index;
    return [
      ...checkWebhook(webhook, kind, field, checkExpression),
      ...(repeated ? [duplicate(`${field}.name`, webhook.name)] : []),
    ];
  });
}
