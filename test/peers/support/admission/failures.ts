import type { AdmissionCase } from './bench.ts';
import { patchAnswer } from './hooks.ts';
import type { HookAnswer, Place } from './hooks.ts';

const annotate = [
  { op: 'add', path: '/metadata/annotations', value: {} },
  { op: 'add', path: '/metadata/annotations/seen', value: 'yes' },
];
const encoded = Buffer.from(JSON.stringify(annotate)).toString('base64');
const status = (code: number, body: string, contentType = 'text/plain'): HookAnswer => ({
  status: code,
  body,
  headers: { 'content-type': contentType },
});
const failureStatus = JSON.stringify({
  kind: 'Status',
  apiVersion: 'v1',
  status: 'Failure',
  message: 'down for repairs',
  reason: 'ServiceUnavailable',
  code: 503,
});

/** A webhook that does answer is given the time that a busy machine needs. */
const limitOf = ({ hang }: HookAnswer): { timeoutSeconds?: number } => (hang ? { timeoutSeconds: 3 } : {});

/** What a webhook may do wrong, or do right, and by what name. */
const answers: [string, HookAnswer][] = [
  ['allowed', {}],
  ['a patch', patchAnswer(annotate)],
  ['an empty patch', patchAnswer([])],
  ['warnings', { response: { allowed: true, warnings: ['first thing', 'second "thing"', 'first thing', ''] } }],
  ['warnings and a denial', { response: { allowed: false, warnings: ['careful'], status: { message: 'no' } } }],
  ['audit annotations', { response: { allowed: true, auditAnnotations: { key: 'value' } } }],
  ['a denial', { response: { allowed: false } }],
  ['a denial with a message', { response: { allowed: false, status: { message: 'not today' } } }],
  ['a denial with a reason', { response: { allowed: false, status: { reason: 'Quota' } } }],
  [
    'a denial with everything',
    {
      response: {
        allowed: false,
        status: {
          message: 'slow down',
          reason: 'TooManyRequests',
          code: 429,
          details: { name: 'x', kind: 'y', retryAfterSeconds: 1, causes: [{ reason: 'r', message: 'm', field: 'f' }] },
        },
      },
    },
  ],
  ['a denial with code 200', { response: { allowed: false, status: { status: 'Success', message: 'ok', code: 200 } } }],
  ['a denial with a patch', patchAnswer(annotate, { allowed: false })],
  ['nothing said about allowed', { response: {} }],
  ['allowed as text', { response: { allowed: 'true' } }],
  ['another uid', { response: { uid: 'other', allowed: true } }],
  ['no uid', { response: { uid: undefined, allowed: true } }],
  ['no response', { review: { response: undefined } }],
  ['a null response', { review: { response: null } }],
  ['another version', { review: { apiVersion: 'admission.k8s.io/v1beta1' } }],
  ['an unknown version', { review: { apiVersion: 'admission.k8s.io/v9' } }],
  ['another kind', { review: { kind: 'Review' } }],
  ['no kind', { review: { kind: undefined } }],
  ['no version', { review: { apiVersion: undefined } }],
  ['no kind and no version', { review: { apiVersion: undefined, kind: undefined } }],
  ['a patch without its type', { response: { allowed: true, patch: encoded } }],
  ['a type without its patch', { response: { allowed: true, patchType: 'JSONPatch' } }],
  ['an unknown patch type', { response: { allowed: true, patch: encoded, patchType: 'MergePatch' } }],
  ['an empty patch type', { response: { allowed: true, patch: encoded, patchType: '' } }],
  ['a patch that is not base64', { response: { allowed: true, patch: '***', patchType: 'JSONPatch' } }],
  ['a patch that is no JSON', { response: { allowed: true, patch: btoa('{'), patchType: 'JSONPatch' } }],
  ['a patch that is an object', patchAnswer({ op: 'add' })],
  ['a patch that is null', patchAnswer(null)],
  ['warnings that are text', { response: { allowed: true, warnings: 'careful' } }],
  ['text', { body: 'hello' }],
  ['text as text', status(200, 'hello')],
  ['HTML', status(200, '<html>', 'text/html')],
  ['an empty body', { body: '' }],
  ['a JSON list', { body: '[]' }],
  ['a JSON object', { body: '{}' }],
  ['status 204', { status: 204, body: '' }],
  ['status 400', status(400, 'what?')],
  ['status 403', status(403, 'who are you?')],
  ['status 404', status(404, '404 page not found')],
  ['status 405', status(405, '')],
  ['status 500', status(500, 'boom')],
  ['status 500 with JSON', status(500, '{"error":"boom"}', 'application/json')],
  ['status 500 with an AdmissionReview', { status: 500 }],
  ['status 503', status(503, 'later')],
  ['status 503 with a Status', status(503, failureStatus, 'application/json')],
  ['status 200 with a Status', { body: failureStatus }],
  ['no answer in time', { hang: true }],
  ['a closed connection', { cut: 'at once' }],
];

/** Patches that do not apply: an error of the request whatever the failurePolicy says. */
const patches: [string, unknown][] = [
  ['add below what is missing', [{ op: 'add', path: '/metadata/annotations/x', value: '1' }]],
  ['add with a raw slash', [...annotate, { op: 'add', path: '/metadata/annotations/a/b', value: '1' }]],
  ['add at an index too far', [{ op: 'add', path: '/spec/steps/7', value: { name: 'x' } }]],
  ['add at no index', [{ op: 'add', path: '/spec/steps/x', value: { name: 'x' } }]],
  ['append', [{ op: 'add', path: '/spec/steps/-', value: { name: 'two' } }]],
  ['add without a value', [{ op: 'add', path: '/metadata/labels/x' }]],
  ['add without a path', [{ op: 'add', value: 'x' }]],
  ['remove what is missing', [{ op: 'remove', path: '/spec/count' }]],
  ['remove below what is missing', [{ op: 'remove', path: '/spec/free/x' }]],
  ['remove an index too far', [{ op: 'remove', path: '/spec/steps/4' }]],
  ['replace what is missing', [{ op: 'replace', path: '/spec/count', value: 2 }]],
  ['replace below what is missing', [{ op: 'replace', path: '/spec/free/x', value: 2 }]],
  ['replace', [{ op: 'replace', path: '/spec/steps/0/name', value: 'changed' }]],
  ['a test that fails', [{ op: 'test', path: '/spec/steps/0/name', value: 'other' }]],
  ['a test that passes', [{ op: 'test', path: '/spec/steps/0/name', value: 'one' }, ...annotate]],
  ['a test of what is missing', [{ op: 'test', path: '/spec/count', value: 1 }]],
  ['a test below what is missing', [{ op: 'test', path: '/spec/free/x', value: 1 }]],
  ['move', [{ op: 'move', from: '/spec/steps/0/name', path: '/spec/steps/0/image' }]],
  ['move what is missing', [{ op: 'move', from: '/spec/free/x', path: '/spec/count' }]],
  ['copy', [{ op: 'copy', from: '/spec/steps/0', path: '/spec/steps/-' }]],
  ['copy what is missing', [{ op: 'copy', from: '/spec/free/x', path: '/spec/count' }]],
  ['an unknown operation', [{ op: 'merge', path: '/spec', value: {} }]],
  ['an unknown field', [{ op: 'add', path: '/spec/unknown', value: 1 }]],
  ['an invalid value', [{ op: 'add', path: '/spec/mode', value: 'z' }]],
  ['a value of another type', [{ op: 'add', path: '/spec/count', value: 'many' }]],
  ['labels that are text', [{ op: 'replace', path: '/metadata/labels', value: 'text' }]],
  ['the whole document', [{ op: 'replace', path: '', value: { kind: 'Widget' } }]],
  ['another kind', [{ op: 'replace', path: '/kind', value: 'Gadget' }]],
  ['another name', [{ op: 'replace', path: '/metadata/name', value: 'renamed' }]],
  ['another namespace', [{ op: 'replace', path: '/metadata/namespace', value: 'kube-system' }]],
  ['managedFields removed', [{ op: 'remove', path: '/metadata/managedFields' }, ...annotate]],
  [
    'a field of the creator taken over',
    [{ op: 'remove', path: '/metadata/managedFields/0/fieldsV1/f:spec/f:steps' }, ...annotate],
  ],
  ['managedFields of another type', [{ op: 'add', path: '/metadata/managedFields/0/fieldsType', value: 'FieldsV2' }]],
  ['managedFields of another operation', [{ op: 'add', path: '/metadata/managedFields/0/operation', value: 'Own' }]],
];

const places: Place[] = ['untrusted', 'expired', 'other name', 'plain HTTP', 'nobody'];
const policies = ['Fail', 'Ignore'] as const;

/** Each failure as a mutating webhook with either failurePolicy, and as a validating one. */
export const failureCases: AdmissionCase[] = [
  ...answers.flatMap(([name, does]) => [
    ...policies.map((failurePolicy) => ({
      name: `${name} (${failurePolicy})`,
      hooks: [{ does, entry: { failurePolicy, ...limitOf(does) } }],
    })),
    {
      name: `${name} (validating)`,
      hooks: [{ kind: 'validating' as const, does, entry: limitOf(does) }],
    },
  ]),
  ...patches.map(([name, patch]) => ({
    name: `patch: ${name}`,
    hooks: [{ does: patchAnswer(patch), entry: { failurePolicy: 'Ignore' } }],
  })),
  ...places.flatMap((at) =>
    policies.map((failurePolicy) => ({
      name: `at: ${at} (${failurePolicy})`,
      hooks: [{ at, entry: { failurePolicy } }],
    })),
  ),
];
