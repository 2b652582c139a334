import type { ContainerStatus } from '../../shared/kubernetes/pod.ts';
import { typeOfValue } from '../../shared/tekton/param-value.ts';
import { typeOfParam } from '../../shared/tekton/param-value.ts';
import { parseTerminationMessage } from './termination-message.ts';
import type { ParamValue, ResultSpec, TaskRunResult } from '../../shared/tekton/types.ts';

function text(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** The value of a result without the type string: a JSON array or object, else the text itself. */
function structured(value: string): ParamValue {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch {
    return value;
  }
  if (Array.isArray(parsed)) return parsed.map((item) => text(item));
  if (typeof parsed !== 'object' || parsed === null) return value;
  return Object.fromEntries(Object.entries(parsed).map(([key, item]) => [key, text(item)]));
}

/** The results from the steps' termination messages, in their order; of equal names the last one. */
export function taskRunResults(steps: readonly ContainerStatus[], specs: readonly ResultSpec[]): TaskRunResult[] {
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
}
