import { forbiddenField, invalid, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, sameJson, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { matchesLabelSelector } from '../storage/label-selector.ts';
import { defaultPodTemplate } from './pod-defaults.ts';
import { validatePod } from './pod-spec.ts';
import type { Strategy } from './resource-type.ts';

const DEFAULT_HISTORY = 10;
const DEFAULT_PROGRESS_SECONDS = 600;
const DEFAULT_SHARE = '25%';

function specOf(object: KubeObject): JsonObject {
  return isObject(object['spec']) ? object['spec'] : (object['spec'] = {} as JsonObject);
}

/** A Pod template is defaulted and validated like a Pod. */
function templateOf(spec: JsonObject): KubeObject | undefined {
  return isObject(spec['template']) ? (spec['template'] as KubeObject) : undefined;
}

function defaultReplicas(object: KubeObject): JsonObject {
  const spec = specOf(object);
  spec['replicas'] ??= 1;
  const template = templateOf(spec);
  if (template !== undefined) defaultPodTemplate(template);
  return spec;
}

function defaultDeployment(object: KubeObject): void {
  const spec = defaultReplicas(object);
  const strategy = isObject(spec['strategy']) ? spec['strategy'] : (spec['strategy'] = {} as JsonObject);
  strategy['type'] ??= 'RollingUpdate';
  if (strategy['type'] === 'RollingUpdate') {
    const given = isObject(strategy['rollingUpdate']) ? strategy['rollingUpdate'] : {};
    strategy['rollingUpdate'] = { maxUnavailable: DEFAULT_SHARE, maxSurge: DEFAULT_SHARE, ...given };
  }
  spec['revisionHistoryLimit'] ??= DEFAULT_HISTORY;
  spec['progressDeadlineSeconds'] ??= DEFAULT_PROGRESS_SECONDS;
}

function checkCounts(spec: JsonObject, fields: string[]): FieldError[] {
  return fields.flatMap((field) => {
    const value = spec[field];
    return typeof value === 'number' && value < 0
      ? [invalid(`spec.${field}`, value, 'must be greater than or equal to 0')]
      : [];
  });
}

function checkSelector({ selector, template }: JsonObject): FieldError[] {
  const labels = valueAt(template, 'metadata', 'labels');
  const mismatch = invalid(
    'spec.template.metadata.labels',
    isObject(labels) ? labels : null,
    '`selector` does not match template `labels`',
  );
  // An absent selector selects nothing.
  if (!isObject(selector)) return [required('spec.selector'), mismatch];
  const { matchLabels, matchExpressions } = selector;
  const terms =
    (isObject(matchLabels) ? Object.keys(matchLabels).length : 0) +
    (Array.isArray(matchExpressions) ? matchExpressions.length : 0);
  if (terms === 0) return [invalid('spec.selector', selector, 'empty selector is invalid for deployment')];
  const given = isObject(labels) ? (labels as Record<string, string>) : {};
  return matchesLabelSelector(selector, given) ? [] : [mismatch];
}

function checkTemplate(spec: JsonObject): FieldError[] {
  const template = templateOf(spec);
  if (template === undefined) return [required('spec.template')];
  const errors = validatePod(template).map((error) => ({
    ...error,
    field: `spec.template.${error.field}`,
  }));
  const podSpec = isObject(template['spec']) ? template['spec'] : {};
  const policy = podSpec['restartPolicy'];
  if (policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']));
  if (podSpec['activeDeadlineSeconds'] !== undefined) {
    const field = 'spec.template.spec.activeDeadlineSeconds';
    errors.push(forbiddenField(field, 'activeDeadlineSeconds in ReplicaSet is not Supported'));
  }
  return errors;
}

function checkStrategy(spec: JsonObject): FieldError[] {
  const strategy = isObject(spec['strategy']) ? spec['strategy'] : {};
  if (strategy['type'] === 'RollingUpdate') return [];
  const shown = { Type: strategy['type'], RollingUpdate: strategy['rollingUpdate'] ?? null };
  if (strategy['type'] !== 'Recreate') return [notSupported('spec.strategy', shown, ['Recreate', 'RollingUpdate'])];
  return strategy['rollingUpdate'] === undefined
    ? []
    : [forbiddenField('spec.strategy.rollingUpdate', "may not be specified when strategy `type` is 'Recreate'")];
}

function checkProgress(spec: JsonObject): FieldError[] {
  const { progressDeadlineSeconds, minReadySeconds } = spec;
  const field = 'spec.progressDeadlineSeconds';
  return typeof progressDeadlineSeconds === 'number' &&
    progressDeadlineSeconds <= (typeof minReadySeconds === 'number' ? minReadySeconds : 0)
    ? [invalid(field, progressDeadlineSeconds, 'must be greater than minReadySeconds')]
    : [];
}

function checkFixedSelector(object: KubeObject, old: KubeObject, content: FieldError[]): FieldError[] {
  const selector = valueAt(object, 'spec', 'selector');
  return sameJson(selector, valueAt(old, 'spec', 'selector'))
    ? content
    : [...content, invalid('spec.selector', selector, 'field is immutable')];
}

export const deploymentStrategy: Strategy = {
  applyDefaults: defaultDeployment,
  prepareForCreate(object) {
    object['status'] = {};
  },
  validate(object) {
    const spec = specOf(object);
    return [
      ...checkCounts(spec, ['replicas']),
      ...checkSelector(spec),
      ...checkTemplate(spec),
      ...checkStrategy(spec),
      ...checkCounts(spec, ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
      ...checkProgress(spec),
    ];
  },
  validateUpdate: checkFixedSelector,
  // The controller copies these to ReplicaSets, so a change counts.
  generationOf: (object) => [object['spec'], object.metadata.annotations],
};

export const replicaSetStrategy: Strategy = {
  applyDefaults: (object) => void defaultReplicas(object),
  prepareForCreate(object) {
    object['status'] = { replicas: 0 };
  },
  validate(object) {
    const spec = specOf(object);
    return [...checkCounts(spec, ['replicas', 'minReadySeconds']), ...checkSelector(spec), ...checkTemplate(spec)];
  },
  validateUpdate: checkFixedSelector,
};
