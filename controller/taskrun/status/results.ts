import { typeOfParam } from '../../../shared/tekton/param-value.ts';
import { RunFailure } from '../../model/run-failure.ts';
import type { TaskRunStatus, TaskSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

/** Checks the results' types and object keys, and removes results of a wrong type. Throws RunFailure with their names. */
export const validateTaskRunResults = traced(
  'validateTaskRunResults',
  (status: TaskRunStatus, taskSpec: TaskSpec): void => {
    const specs = new Map((taskSpec.results ?? []).map((spec) => [spec.name, spec]));
    const types = new Map((taskSpec.results ?? []).map((spec) => [spec.name, typeOfParam(spec)]));
    const results = status.results ?? [];
    const wrong = results.filter(({ name, type }) => types.has(name) && types.get(name) !== type);
    if (wrong.length > 0) {
      status.results = results.filter((result) => !wrong.includes(result));
      const list = wrong.map(
        ({ name, type = 'string' }) =>
          ` "${name}": task result is expected to be "${types.get(name)}" type but was initialized to a different type "${type}"`,
      );
      throw new RunFailure(
        'TaskRunValidationFailed',
        `Provided results don't match declared results; may be invalid JSON or missing result declaration: ${list.sort().join(',')}`,
      );
    }
    const missing = results.flatMap(({ name, value }) => {
      const keys = Object.keys(specs.get(name)?.properties ?? {}).filter((key) => !Object.hasOwn(value as object, key));
      return keys.length > 0 && typeof value === 'object' ? [`${name}:[${keys.join(' ')}]`] : [];
    });
    if (missing.length > 0) {
      const message = `missing keys for these results which are required in TaskResult's properties map[${missing.join(' ')}]`;
      throw new RunFailure('TaskRunValidationFailed', message);
    }
  },
);
