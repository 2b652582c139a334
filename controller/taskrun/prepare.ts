import type { TaskRun } from '../../shared/tekton/types.ts';
import { traced } from '../../shared/tracing/traced.ts';
import type { ReconcileContext } from './context.ts';
import { ValidateResolvedTask } from './spec/params.ts';
import { getTaskData } from './spec/resolve.ts';
import type { ResolvedTask } from './spec/resolve.ts';
import { validateTaskSpec } from './spec/validate.ts';
import { declarationsOf, ValidateBindings } from './spec/workspaces.ts';

/** The TaskRun's Task, checked together with the TaskRun. Throws RunFailure when it can't be executed. */
export const prepare = traced('prepare', async (context: ReconcileContext, taskRun: TaskRun): Promise<ResolvedTask> => {
  const resolved = await getTaskData(context, taskRun);
  const { taskName, taskSpec } = resolved;
  validateTaskSpec(taskRun, taskSpec);
  ValidateResolvedTask(taskName, taskSpec.params ?? [], taskRun.spec.params ?? []);
  ValidateBindings(declarationsOf(taskRun, taskSpec), taskRun.spec.workspaces ?? []);
  return resolved;
});
