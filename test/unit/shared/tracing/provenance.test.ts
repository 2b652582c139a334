import { describe, expect, test } from '@jest/globals';

import type { KubeObject, ManagedFieldsEntry, ObjectMeta } from '../../../../shared/kubernetes/types.ts';
import {
  formatAdmissionTime,
  isClaimed,
  isSubmittedCopy,
  keepProvenance,
  parseAdmissionTime,
  traceParentOf,
  trustedAdmissionTime,
  wasSubmitted,
} from '../../../../shared/tracing/provenance.ts';

const OWN = 'tekton/pipelinerun-span-context';
const ADMISSION = 'tekton/admission-time';
const REFUSED = 'tekton/refused-owner';
const AT = '2026-05-01T10:00:00.100Z/2026-05-01T10:00:00.200Z';
const entry = (manager: string, annotations: string[], rest: Partial<ManagedFieldsEntry> = {}): ManagedFieldsEntry => ({
  manager,
  operation: 'Update',
  ...rest,
  fieldsV1: {
    'f:metadata': { 'f:annotations': Object.fromEntries(annotations.map((name) => [`f:${name}`, {}])) },
    ...rest.fieldsV1,
  },
});
const creation = { fieldsV1: { 'f:spec': { 'f:pipelineRef': {} } } };
const meta = (annotations: string[], ...managedFields: ManagedFieldsEntry[]): ObjectMeta => ({
  annotations: Object.fromEntries(annotations.map((name) => [name, 'x'])),
  managedFields,
});

describe('at CREATE, an annotation was sent by the requester', () => {
  test('when managedFields lists it, under whatever name', () => {
    for (const manager of ['kubectl-create', 'tektrace-controller', 'tektrace-webhook'])
      expect(wasSubmitted(meta([OWN], entry(manager, [OWN], creation)), OWN)).toBe(true);
    expect(wasSubmitted(meta([OWN], entry('kubectl', [OWN], { operation: 'Apply' })), OWN)).toBe(true);
  });

  test('when the API server could not fill managedFields', () => {
    expect(wasSubmitted(meta([OWN]), OWN)).toBe(true);
    expect(wasSubmitted({ annotations: { [OWN]: 'x' } }, OWN)).toBe(true);
  });

  test('not when others are listed: a webhook added it', () => {
    expect(wasSubmitted(meta([OWN], entry('kubectl', ['other'])), OWN)).toBe(false);
    expect(wasSubmitted(meta([], entry('kubectl', [OWN])), OWN)).toBe(false);
    expect(wasSubmitted(meta([OWN], { manager: 'kubectl' }, {}), OWN)).toBe(false);
  });

  test('makes the object a copy when only Tektrace writes it', () => {
    const copy = (name: string, kind = 'PipelineRun'): KubeObject => ({
      kind,
      metadata: meta([name], entry('kubectl-create', [name], creation)),
    });
    for (const name of [OWN, ADMISSION, 'tekton/trace-exported', 'tekton/rerun-span-context'])
      expect(isSubmittedCopy(copy(name))).toBe(true);
    for (const name of ['tekton/parent-span-context', 'tekton.dev/pipelinerunSpanContext', 'other'])
      expect(isSubmittedCopy(copy(name))).toBe(false);
    expect(isSubmittedCopy(copy('tekton/taskrun-span-context', 'TaskRun'))).toBe(true);
  });
});

describe('on a stored object, an annotation is a claim', () => {
  test.each<[string, ManagedFieldsEntry]>([
    ['whoever created the object sent it', entry('kubectl-create', [OWN], creation)],
    ['it was created under the name of the controller', entry('tektrace-controller', [OWN], creation)],
    ['it was applied under the name of the controller', entry('tektrace-controller', [OWN], { operation: 'Apply' })],
    ['it was written through a subresource', entry('tektrace-controller', [OWN], { subresource: 'status' })],
    ['somebody wrote it later', entry('kubectl-annotate', [OWN])],
  ])('when %s', (_what, by) => {
    expect(isClaimed(meta([OWN], by), OWN)).toBe(true);
    expect(isClaimed(meta([OWN], entry('kubectl-create', [], creation), by), OWN)).toBe(true);
  });

  test('not when the webhook, or the controller, wrote it, or nothing is known', () => {
    expect(isClaimed(meta([OWN], entry('kubectl-create', ['other'], creation)), OWN)).toBe(false);
    expect(isClaimed(meta([OWN], entry('tektrace-controller', [OWN])), OWN)).toBe(false);
    expect(isClaimed(meta([OWN]), OWN)).toBe(false);
    expect(isClaimed(meta([], entry('kubectl', [OWN])), OWN)).toBe(false);
  });
});

describe('the run whose trace a run belongs to', () => {
  const owner = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', name: 'build', uid: 'uid-build' };
  const owned = (annotations: Record<string, string>, ...managedFields: ManagedFieldsEntry[]): KubeObject => ({
    kind: 'TaskRun',
    metadata: { name: 'a', namespace: 'ci', ownerReferences: [owner], annotations, managedFields },
  });

  test('is its owner, unless the webhook refused just that one', () => {
    expect(traceParentOf(owned({}))?.uid).toBe('uid-build');
    expect(traceParentOf(owned({ [REFUSED]: 'uid-build' }))).toBeUndefined();
    expect(traceParentOf(owned({ [REFUSED]: 'uid-other' }))?.uid).toBe('uid-build');
  });

  test('is its owner where a client says that it was refused', () => {
    const claim = owned({ [REFUSED]: 'uid-build' }, entry('kubectl', [REFUSED]));
    expect(traceParentOf(claim)?.uid).toBe('uid-build');
  });
});

describe('what is kept of managedFields', () => {
  const run = (...managedFields: ManagedFieldsEntry[]) => ({
    kind: 'PipelineRun',
    metadata: { name: 'r', annotations: { [OWN]: 'x' }, managedFields },
  });

  test('is nothing for a run whose context no client wrote', () => {
    const kept = keepProvenance(
      run(entry('kubectl', ['other'], creation), entry('tektrace-controller', [OWN]), { manager: 'x' }, {}),
    );
    expect(kept).toEqual({ kind: 'PipelineRun', metadata: { name: 'r', annotations: { [OWN]: 'x' } } });
  });

  test.each<[string, ManagedFieldsEntry]>([
    ['a copy', entry('kubectl', [OWN, 'other'], creation)],
    ['one created under the name of the controller', entry('tektrace-controller', [OWN, 'other'], creation)],
    ['one that was changed', entry('kubectl-annotate', [OWN])],
  ])('is what tells %s, without the rest of the fields', (_what, by) => {
    const seen = run(by, entry('tekton', ['other']));
    const kept = keepProvenance(seen);
    expect(isClaimed(kept.metadata, OWN)).toBe(true);
    expect(kept.metadata.managedFields).toHaveLength(1);
    expect(JSON.stringify(kept.metadata.managedFields)).not.toMatch(/other|pipelineRef/);
    expect(keepProvenance(kept)).toEqual(kept);
  });
});

describe('admission times', () => {
  test('read back as they were written', () => {
    const time = {
      receivedMs: Date.parse('2026-05-01T10:00:00.100Z'),
      answeredMs: Date.parse('2026-05-01T10:00:00.200Z'),
    };
    expect(formatAdmissionTime(time)).toBe(AT);
    expect(parseAdmissionTime(AT)).toEqual(time);
  });

  test.each([
    [undefined],
    [''],
    ['2026-05-01T10:00:00Z/2026-05-01T10:00:00Z'],
    ['2026-05-01T10:00:00.200Z/2026-05-01T10:00:00.100Z'],
    ['2026-13-01T10:00:00.100Z/2026-13-01T10:00:00.200Z'],
    [`${AT}/x`],
    [AT.replaceAll('Z', '+01:00')],
  ])('%p is none', (text) => {
    expect(parseAdmissionTime(text)).toBeUndefined();
  });

  const admitted = (creationTimestamp: string, ...managedFields: ManagedFieldsEntry[]): ObjectMeta => ({
    annotations: { [ADMISSION]: AT },
    creationTimestamp,
    managedFields,
  });

  test('count within 10 s of the creation', () => {
    expect(trustedAdmissionTime(admitted('2026-05-01T10:00:00Z'))).toEqual(parseAdmissionTime(AT));
    expect(trustedAdmissionTime(admitted('2026-05-01T10:00:10Z'))).toBeDefined();
    expect(trustedAdmissionTime(admitted('2026-05-01T10:00:11Z'))).toBeUndefined();
    expect(trustedAdmissionTime(admitted('2026-05-01T09:59:50Z'))).toBeUndefined();
    expect(trustedAdmissionTime({ annotations: { [ADMISSION]: AT } })).toBeUndefined();
  });

  test('that a child inherited, or a client wrote, count for nothing', () => {
    const inherited = entry('controller', [ADMISSION], creation);
    expect(trustedAdmissionTime(admitted('2026-05-01T10:00:00Z', inherited))).toBeUndefined();
  });
});
