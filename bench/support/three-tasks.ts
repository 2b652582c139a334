/** The tasks of each run of a load. */
export const TASKS = ['a', 'b', 'c'];

/** A PipelineRun: a and b in parallel, then c; one step each. */
export function threeTasks(name: string): object {
  const taskSpec = { steps: [{ name: 'only', image: 'busybox', command: ['true'] }] };
  const tasks = TASKS.map((task) => ({ name: task, taskSpec, ...(task === 'c' ? { runAfter: ['a', 'b'] } : {}) }));
  return {
    apiVersion: 'tekton.dev/v1',
    kind: 'PipelineRun',
    metadata: { name, namespace: 'default' },
    spec: { pipelineSpec: { tasks } },
  };
}
