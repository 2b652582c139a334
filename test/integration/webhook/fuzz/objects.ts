import type { Random } from '../../../conformance/fuzz/random.ts';
import { TRUSTED } from './server.ts';

const carrier = JSON.stringify({ traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` });

/** Values that annotations of ours have, and such as somebody may have written there. */
const VALUES = [
  carrier,
  carrier,
  'x',
  '',
  '{}',
  '{"traceparent":1}',
  `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`,
  'null',
  '\u0000',
  '"\ud800"',
];
const ANNOTATIONS = [
  ...['tekton/pipelinerun-span-context', 'tekton/taskrun-span-context', 'tekton/parent-span-context'],
  ...['tekton.dev/pipelinerunSpanContext', 'tekton.dev/taskrunSpanContext', 'tekton.dev/deliveryTraceparent'],
  ...[
    'tekton/admission-time',
    'tekton/trace-exported',
    'tekton/span-context',
    'tekton/refused-owner',
    'tekton/trace-url',
  ],
  ...['example.com/a~b', 'a/b/c', '__proto__', 'constructor', 'ümlaut', ''],
];

/** A value of JSON as `JSON.parse` gives it: `__proto__` can be a key. */
export type Value = null | boolean | number | string | Value[] | { [key: string]: Value };

/** Sets a key as JSON has it, also one that JavaScript has a meaning for. */
export function setKey(object: object, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });
}

function annotations(random: Random): object {
  const all = {};
  const count = random.below(6);
  for (let i = 0; i < count; i++) setKey(all, random.pick(ANNOTATIONS), random.pick(VALUES));
  return all;
}

function metadata(random: Random): object {
  const own = annotations(random);
  const listed = {};
  for (const name of Object.keys(own)) if (random.chance(0.7)) setKey(listed, `f:${name}`, {});
  const entry = { manager: 'kubectl', operation: 'Update', apiVersion: 'tekton.dev/v1', fieldsType: 'FieldsV1' };
  return {
    name: 'build',
    namespace: 'ci',
    ...(random.chance(0.9) && { annotations: random.chance(0.1) ? null : own }),
    ...(random.chance(0.8) && {
      managedFields: [{ ...entry, fieldsV1: { 'f:metadata': { 'f:annotations': listed } } }],
    }),
    ...(random.chance(0.4) && {
      ownerReferences: [
        {
          apiVersion: 'tekton.dev/v1',
          kind: random.pick(['PipelineRun', 'TaskRun']),
          name: 'o',
          uid: 'o-1',
          controller: true,
        },
      ],
    }),
    ...(random.chance(0.5) && { labels: { 'tekton.dev/taskRun': 'a', 'tekton.dev/taskRunUID': 'u-1' } }),
  };
}

const container = (random: Random): object => ({
  name: random.pick(['step-a', 'step-b', 'sidecar-c', 'step-'.padEnd(80, 'x')]),
  ...(random.chance(0.6) && {
    env: random.pick([[], null, [{ name: 'TRACEPARENT', value: '' }], [{ name: 'A', value: 'b' }]]),
  }),
});

/** A review as an API server could send it: of an object that a user or a controller creates. */
export function review(random: Random, kind: 'pipelinerun' | 'taskrun' | 'pod'): object {
  const name = { pipelinerun: 'PipelineRun', taskrun: 'TaskRun', pod: 'Pod' }[kind];
  const object = {
    ...{ apiVersion: kind === 'pod' ? 'v1' : 'tekton.dev/v1', kind: name, metadata: metadata(random) },
    spec:
      kind === 'pod'
        ? { containers: Array.from({ length: random.below(4) }, () => container(random)) }
        : { pipelineRef: { name: 'a' } },
  };
  return {
    ...{ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview' },
    request: {
      uid: `review-${random.below(1e9)}`,
      kind: { group: kind === 'pod' ? '' : 'tekton.dev', version: 'v1', kind: name },
      operation: random.chance(0.95) ? 'CREATE' : 'UPDATE',
      namespace: 'ci',
      userInfo: { username: random.chance(0.5) ? TRUSTED : 'jane' },
      object,
    },
  };
}
