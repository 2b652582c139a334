import { describe, expect, test } from '@jest/globals';

import {
  formatAdmissionTime,
  isCopy,
  isUnseenCopy,
  keepProvenance,
  parseAdmissionTime,
  trustedAdmissionTime,
  wasSubmitted,
} from '../../../../shared/tracing/provenance.ts';

const OWN = 'tekton/pipelinerun-span-context';
const AT = '2026-05-01T10:00:00.100Z/2026-05-01T10:00:00.200Z';
const entry = (manager: string, ...annotations: string[]) => ({
  manager,
  fieldsV1: { 'f:metadata': { 'f:annotations': Object.fromEntries(annotations.map((name) => [`f:${name}`, {}])) } },
});

describe('whether an annotation was submitted', () => {
  test('are recognised in managedFields, where webhooks are not', () => {
    expect(wasSubmitted({ managedFields: [entry('kubectl', OWN)] }, OWN)).toBe(true);
    expect(wasSubmitted({ managedFields: [entry('kubectl', 'other')] }, OWN)).toBe(false);
    expect(wasSubmitted({ managedFields: [{ manager: 'kubectl' }, {}] }, OWN)).toBe(false);
    expect(wasSubmitted({}, OWN)).toBe(false);
  });

  test('annotations written by our controller do not count as submitted', () => {
    expect(wasSubmitted({ managedFields: [entry('tektrace-controller', OWN)] }, OWN)).toBe(false);
  });
});

describe('a copy', () => {
  const managedFields = [entry('kubectl', OWN, 'tekton/admission-time')];
  const copied = (admission: string, creationTimestamp: string) => ({
    managedFields,
    creationTimestamp,
    annotations: { [OWN]: 'x', 'tekton/admission-time': admission },
  });

  test('is what came with annotations that only we write', () => {
    expect(isCopy({ managedFields, annotations: { [OWN]: 'x' } })).toBe(true);
    expect(isCopy({ managedFields, annotations: {} })).toBe(false);
    expect(isCopy({ annotations: { [OWN]: 'x' } })).toBe(false);
  });

  test('was seen by a webhook where its admission is within 10 s of its creation', () => {
    expect(isUnseenCopy(copied(AT, '2026-05-01T10:00:00Z'))).toBe(false);
    expect(isUnseenCopy(copied(AT, '2026-05-01T10:00:10Z'))).toBe(false);
    expect(isUnseenCopy(copied(AT, '2026-05-01T10:00:11Z'))).toBe(true);
    expect(isUnseenCopy(copied(AT, '2026-05-01T09:59:50Z'))).toBe(true);
    expect(isUnseenCopy(copied('malformed', '2026-05-01T10:00:00Z'))).toBe(true);
  });
});

describe('managedFields that are kept', () => {
  const run = (...managedFields: object[]) => ({ metadata: { name: 'r', annotations: { [OWN]: 'x' }, managedFields } });

  test('are none for a run that is not a copy', () => {
    const kept = keepProvenance(run(entry('kubectl', 'other'), entry('tektrace-controller', OWN), {}));
    expect(kept).toEqual({ metadata: { name: 'r', annotations: { [OWN]: 'x' } } });
  });

  test('are those that identify the copy, without other fields', () => {
    const copy = run({ ...entry('kubectl', OWN, 'other'), operation: 'Update' }, entry('tekton', 'other'));
    const kept = keepProvenance(copy);
    expect(kept.metadata.managedFields).toEqual([{ ...entry('kubectl', OWN), operation: 'Update' }]);
    expect(isCopy(kept.metadata)).toBe(true);
    expect(isUnseenCopy(kept.metadata)).toBe(isUnseenCopy(copy.metadata));
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

  test('count for their own object only', () => {
    expect(trustedAdmissionTime({ annotations: { 'tekton/admission-time': AT } })).toBeUndefined();
  });
});
