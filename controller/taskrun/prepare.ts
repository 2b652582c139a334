import { normalizedParams, normalizedParamSpecs } from '../../shared/tekton/param-value.ts';
import { declarationsOf } from '../model/task-workspaces.ts';
import type { Param, TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { ValidateEnumParam, ValidateResolvedTask } from './spec/params.ts';
import { getTaskData } from './spec/resolve.ts';
import type { ResolvedTask } from './spec/resolve.ts';
import { validateTask } from './spec/validate.ts';
import { validateBindings } from './spec/workspaces.ts';

/** A task that can be executed, with the TaskRun's params. */
export interface PreparedTask extends ResolvedTask {
  params: Param[];
}

/** The TaskRun's Task, validated with the TaskRun. Throws RunFailure if it can't be executed. */
export const prepare = traced('prepare', async (context: ReconcileContext, taskRun: TaskRun): Promise<PreparedTask> => {
  const resolved = await getTaskData(context, taskRun);
  const specs = normalizedParamSpecs(resolved.taskSpec.params);
  const taskSpec = specs.length > 0 ? { ...resolved.taskSpec, params: specs } : resolved.taskSpec;
  const params = normalizedParams(taskRun.spec.params);
  ValidateResolvedTask(resolved.taskName, specs, params);
  ValidateEnumParam(specs, params);
  validateTask({ ...taskRun, spec: { ...taskRun.spec, params } }, { ...resolved, taskSpec });
  validateBindings(declarationsOf(taskRun, taskSpec), taskRun.spec.workspaces ?? []);
  return { ...resolved, taskSpec, params };
});
