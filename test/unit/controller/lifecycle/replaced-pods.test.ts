import { afterEach, expect, test } from '@jest/globals';
import { SpanStatusCode } from '@opentelemetry/api';

import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import { Lifecycle } from './lifecycle.ts';
import { at, begun, endedStep, ms, pipelineRun, podOf, ranRun, ranTask, step, taskRun } from './objects.ts';
import { expectWellFormed, named, names, taskRunSpans } from './spans.ts';

/** A Pod that is deleted while its first step runs. */
function first(): Pod {
  const one = podOf([{ name: 'step-fetch', state: { running: { startedAt: at(4) } } }], { phase: 'Running' });
  return { ...one, metadata: { ...one.metadata, uid: 'uid-first' } };
}

/** The Pod of the same name that upstream makes then. */
function second(): Pod {
  const one = podOf([endedStep('fetch', 12, 15, 13.2)], {
    startTime: at(11),
    conditions: [{ type: 'PodScheduled', status: 'True', lastTransitionTime: at(11) }],
    initContainerStatuses: [],
  });
  return { ...one, metadata: { ...one.metadata, uid: 'uid-second', creationTimestamp: at(10) } };
}

const status = { ...ranTask, completionTime: at(16), steps: [step('fetch', 13, 15)] };

let lifecycle: Lifecycle | undefined;
afterEach(async () => {
  await lifecycle?.stop();
});

test('a Pod that is deleted while its task runs: the spans are those of the Pod that replaced it, and one shows what was lost', () => {
  const spans = taskRunSpans({ taskRun: taskRun(status), pods: [first(), second()], fold: false });
  expect(names(spans)).toEqual(['pod deleted', 'pod scheduling', 'pod starting', 'step fetch', 'task compile']);
  expect(named(spans, 'pod deleted')).toMatchObject({
    startMs: ms(2),
    endMs: ms(10),
    attributes: { 'k8s.pod.name': 'compile-pod', 'k8s.node.name': 'node-1', 'error.type': 'PodDeleted' },
    status: { code: SpanStatusCode.ERROR },
  });
  expect(named(spans, 'pod scheduling')).toMatchObject({ startMs: ms(10), endMs: ms(11) });
  expect(named(spans, 'step fetch')).toMatchObject({ startMs: ms(13.2), endMs: ms(15) });
  expectWellFormed(spans);
});

test('the same, if the second Pod is gone, too, when the task’s end comes', async () => {
  lifecycle = new Lifecycle();
  const { api } = lifecycle;
  api.put('pipelineruns', pipelineRun(begun));
  api.put('taskruns', taskRun(begun));
  api.put('pods', first());
  await lifecycle.start();
  api.delete('pods', 'compile-pod');
  api.put('pods', second());
  api.delete('pods', 'compile-pod');
  api.put('taskruns', taskRun(status));
  api.put('pipelineruns', pipelineRun(ranRun));
  await lifecycle.until(() => lifecycle!.sent().includes('RUN build'));
  expect(lifecycle.sent()).toEqual(expect.arrayContaining(['pod deleted', 'step fetch', 'task compile']));
});
