import { expect, test } from '@jest/globals';

import { describeErrors } from '../../../../../shared/tekton/validation/validation-error.ts';
import { validatePipelineRun, validateTaskRun } from '../../../../../shared/tekton/validation/run.ts';

const taskSpec = { steps: [{ image: 'busybox', script: 'true' }] };

test('a run may have a name of 63 characters and no longer one', () => {
  expect(validateTaskRun({ metadata: { name: 'x'.repeat(63) }, spec: { taskSpec } })).toEqual([]);
  const name = 'x'.repeat(64);
  const message = `metadata.name: "${name}" is longer than 63 characters: shorten it`;
  expect(describeErrors(validateTaskRun({ metadata: { name }, spec: { taskSpec } }))).toBe(message);
  const pipelineSpec = { tasks: [{ name: 'a', taskSpec }] };
  expect(describeErrors(validatePipelineRun({ metadata: { name }, spec: { pipelineSpec } }))).toBe(message);
});

test('a reference is a name that an object can have, shown without its control characters', () => {
  expect(validatePipelineRun({ spec: { pipelineRef: { name: 'build.v1' } } })).toEqual([]);
  expect(describeErrors(validatePipelineRun({ spec: { pipelineRef: { name: 'a\u001b[2Jb' } } }))).toContain(
    String.raw`spec.pipelineRef.name: "a\u001b[2Jb" is not a valid name`,
  );
  expect(describeErrors(validateTaskRun({ spec: { taskRef: { name: '../secrets' } } }))).toContain(
    'spec.taskRef.name: "../secrets" is not a valid name',
  );
});
