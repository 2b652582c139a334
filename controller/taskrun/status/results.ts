import type { ContainerStatus } from '../../../shared/kubernetes/pod.ts';
import { typeOfValue } from '../../../shared/tekton/param-value.ts';
import { typeOfParam } from '../../../shared/tekton/params.ts';
import { RunFailure } from '../../../shared/tekton/run-failure.ts';
import type { ParamValue, ResultSpec, TaskRunResult, TaskRunStatus, TaskSpec } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

import { parseTerminationMessage } from '../../../shared/tekton/termination-message.ts';

const text = traced('text', (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value)));

/** A result that is not declared a string: a JSON array or object, else the text as it is. */
const structured = traced('structured', (value: string): ParamValue => {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return value;
  }
  if (Array.isArray(parsed)) return parsed.map((item) => text(item));
  if (typeof parsed !== 'object' || parsed === null) return value;
  return Object.fromEntries(Object.entries(parsed).map(([key, item]) => [key, text(item)]));
});

/** The results that the steps reported, by name in the order they came; of two by one name the later one. */
export const taskRunResults = traced(
  'taskRunResults',
  (steps: readonly ContainerStatus[], specs: readonly ResultSpec[]): TaskRunResult[] => {
    const results = new Map<string, TaskRunResult>();
    for (const step of steps) {
      for (const { key, value, type } of parseTerminationMessage(step.state?.terminated?.message) ?? []) {
        if (type !== 'TaskRunResult') continue;
        const spec = specs.find(({ name }) => name === key);
        const parsed = spec && typeOfParam(spec) === 'string' ? value : structured(value);
        results.set(key, { name: key, type: typeOfValue(parsed), value: parsed });
      }
    }
    return [...results.values()];
  },
);

/** Checks the results' types and object keys; those of a wrong type are taken out. Throws RunFailure, naming them. */
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
