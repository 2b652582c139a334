import { describe, expect, test } from '@jest/globals';

import { pipelineRunSpecErrors, taskRunSpecErrors } from '../../../../../shared/tekton/validation/run-spec.ts';
import { describeErrors } from '../../../../../shared/tekton/validation/validation-error.ts';
import type { PipelineRunSpec, TaskRunSpec } from '../../../../../shared/tekton/types.ts';

const taskSpec = { steps: [{ image: 'busybox', script: 'true' }] };
const pipelineSpec = { tasks: [{ name: 'a', taskSpec }] };

describe('fields of a PipelineRun', () => {
  test.each<[string, Partial<PipelineRunSpec>, string]>([
    ['nothing wrong', { timeouts: { pipeline: '2h', tasks: '90m', finally: '30m' }, status: 'Cancelled' }, ''],
    [
      'a reference beside the Pipeline',
      { pipelineRef: { name: 'p' } },
      'spec: needs exactly one of pipelineRef and pipelineSpec',
    ],
    [
      'a param twice',
      {
        params: [
          { name: 'x', value: 'a' },
          { name: 'x', value: 'b' },
        ],
      },
      'spec.params[1].name: "x" is already used',
    ],
    [
      'words for a time',
      { timeouts: { pipeline: '5 minutes' } },
      'spec.timeouts.pipeline: "5 minutes" is not a duration such as 1h30m or 90s',
    ],
    [
      'a negative time',
      { timeouts: { pipeline: '-5m' } },
      'spec.timeouts.pipeline: "-5m" is not a duration such as 1h30m or 90s',
    ],
    [
      'tasks longer than the whole',
      { timeouts: { pipeline: '1m', tasks: '2m' } },
      'spec.timeouts.tasks: 2m is longer than timeouts.pipeline, 1m',
    ],
    [
      'tasks without a limit',
      { timeouts: { pipeline: '1m', tasks: '0' } },
      'spec.timeouts.tasks: no limit is longer than timeouts.pipeline, 1m',
    ],
    [
      'tasks longer than the default',
      { timeouts: { tasks: '2h' } },
      'spec.timeouts.tasks: 2h is longer than the default of timeouts.pipeline, 1h0m0s',
    ],
    ['a whole without a limit', { timeouts: { pipeline: '0', tasks: '2h' } }, ''],
    [
      'parts longer than the whole',
      { timeouts: { pipeline: '1m', tasks: '50s', finally: '20s' } },
      'spec.timeouts: tasks and finally together are longer than timeouts.pipeline, 1m',
    ],
    [
      'a status that does not exist',
      { status: 'Stop' },
      'spec.status: "Stop" is not one of Cancelled, CancelledRunFinally, StoppedRunFinally, PipelineRunPending',
    ],
    [
      'two sources',
      { workspaces: [{ name: 'w', emptyDir: {}, secret: { secretName: 's' } }] },
      'spec.workspaces[0]: the workspace "w" needs exactly one of emptyDir, persistentVolumeClaim, volumeClaimTemplate, configMap, secret, projected, csi, and has emptyDir and secret',
    ],
    [
      'sources without a name',
      {
        workspaces: [
          { name: 'c', persistentVolumeClaim: { claimName: '' } },
          { name: 'm', configMap: {} },
          { name: 's', secret: {} },
          { name: 'p', projected: { sources: [] } },
        ],
      },
      'spec.workspaces[0].persistentVolumeClaim.claimName: is required; spec.workspaces[1].configMap.name: is required; spec.workspaces[2].secret.secretName: is required; spec.workspaces[3].projected.sources: is required',
    ],
  ])('%s', (_what, fields, expected) => {
    expect(describeErrors(pipelineRunSpecErrors({ spec: { pipelineSpec, ...fields } }))).toBe(expected);
  });
});

describe('fields of a TaskRun', () => {
  test.each<[string, Partial<TaskRunSpec>, string]>([
    ['nothing wrong', { timeout: '0', retries: 2, status: 'TaskRunCancelled' }, ''],
    ['a reference beside the Task', { taskRef: { name: 't' } }, 'spec: needs exactly one of taskRef and taskSpec'],
    [
      'a workspace twice',
      {
        workspaces: [
          { name: 'w', emptyDir: {} },
          { name: 'w', emptyDir: {} },
        ],
      },
      'spec.workspaces[1].name: "w" is already used',
    ],
    ['a negative number of retries', { retries: -1 }, 'spec.retries: -1 is negative'],
    [
      "a PipelineRun's status",
      { status: 'Cancelled' },
      'spec.status: "Cancelled" is not one of TaskRunCancelled, TaskRunPending',
    ],
  ])('%s', (_what, fields, expected) => {
    expect(describeErrors(taskRunSpecErrors({ spec: { taskSpec, ...fields } }))).toBe(expected);
  });
});
