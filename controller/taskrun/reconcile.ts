import type { ReconcileResult } from '../../shared/kubernetes/controller.ts';
import type { Pod } from '../../shared/kubernetes/pod.ts';
import { WORKSPACE_BINDING_FIELDS } from '../../shared/tekton/reference-fields.ts';
import { substituteDeep, substituteFields } from '../../shared/tekton/substitution.ts';
import { markRunning } from '../model/task-run-condition.ts';
import { mountWorkspaces, workspaceVolumes } from '../model/task-workspaces.ts';
import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { createPod } from './create-pod.ts';
import type { PodPostponed } from './create-pod.ts';
import { findPod } from './find-pod.ts';
import { prepare } from './prepare.ts';
import { updateReady } from './sidecars.ts';
import { applyParamsContextsResultsAndWorkspaces } from './spec/apply.ts';
import { taskParamReplacements } from './spec/params.ts';
import { claimWorkspaces } from './spec/workspaces.ts';
import { makeTaskRunStatus } from './status/make-task-run-status.ts';
import { validateTaskRunResults } from './status/results.ts';

/** Resolves the task and creates its Pod. The status keeps the executed task. */
const startPod = traced(
  'startPod',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<Pod | PodPostponed> => {
    const prepared = await prepare(context, taskRun);
    const params = taskParamReplacements(prepared.taskSpec.params, prepared.params);
    const claimed = await claimWorkspaces(context, taskRun);
    const bindings = claimed.map((binding) => substituteFields(binding, WORKSPACE_BINDING_FIELDS, params));
    const volumes = workspaceVolumes(bindings);
    const { taskSpec, declarations } = applyParamsContextsResultsAndWorkspaces(
      taskRun,
      prepared,
      params,
      bindings,
      volumes,
    );
    (taskRun.status ??= {}).taskSpec = taskSpec;
    const mounted = mountWorkspaces(taskSpec, declarations, bindings, volumes);
    const { podTemplate } = taskRun.spec;
    const spec = podTemplate ? { ...taskRun.spec, podTemplate: substituteDeep(podTemplate, params) } : taskRun.spec;
    return createPod(context, { ...taskRun, spec }, mounted);
  },
);

/** Makes sure that the TaskRun has its Pod, and updates its status from the Pod. Throws RunFailure if the TaskRun can't continue. */
export const reconcile = traced(
  'reconcile',
  async (context: ReconcileContext, taskRun: TaskRun): Promise<ReconcileResult> => {
    const found = await findPod(context, taskRun);
    const pod = found ?? (await startPod(context, taskRun));
    const status = (taskRun.status ??= {});
    if ('requeueAfterMs' in pod) {
      // A TaskRun without a Pod has not started, so its timeout does not run.
      delete status.startTime;
      markRunning(status, pod.reason, pod.message, context.clock());
      return { requeueAfterMs: pod.requeueAfterMs };
    }
    const taskSpec = status.taskSpec ?? (await prepare(context, taskRun)).taskSpec;
    makeTaskRunStatus(taskRun, await updateReady(context, pod), taskSpec, context.clock());
    validateTaskRunResults(status, taskSpec);
    return undefined;
  },
);
