import type { Step } from '../../../shared/tekton/types.ts';

const LISTS_BY_KEY = { env: 'name', volumeMounts: 'mountPath', volumeDevices: 'devicePath' } as const;
const OBJECTS = ['computeResources', 'securityContext'] as const;
const PLAIN_LISTS = ['command', 'args', 'envFrom'] as const;

/** `base` merged with `over`, recursively; `over` wins. */
function mergeObjects(base: object, over: object): object {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(over) as [string, unknown][]) {
    const before = merged[key];
    const both = isObject(before) && isObject(value);
    if (value !== undefined) merged[key] = both ? mergeObjects(before, value) : value;
  }
  return merged;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function keyOf(item: object, key: string): unknown {
  return (item as Record<string, unknown>)[key];
}

/**
 * Merges lists by key as a strategic merge patch does: the step's items in their order; each other item of the template before the first of the
 * step's items that follows it in the template.
 */
function mergeByKey(template: object[], step: object[], key: string): object[] {
  const own = new Set(step.map((item) => keyOf(item, key)));
  const rest = template.map((item, index) => ({ item, index })).filter(({ item }) => !own.has(keyOf(item, key)));
  const merged: object[] = [];
  for (const item of step) {
    const place = template.findIndex((other) => keyOf(other, key) === keyOf(item, key));
    while (rest[0] && rest[0].index < place) merged.push(rest.shift()?.item as object);
    merged.push(item);
  }
  return [...merged, ...rest.map(({ item }) => item)];
}

/** The step with absent fields from the stepTemplate. */
export function mergeStepTemplate(template: Partial<Step> | undefined, step: Step): Step {
  if (!template) return step;
  const merged: Record<string, unknown> = { ...template, ...step };
  for (const key of PLAIN_LISTS) if (!step[key]?.length && template[key]) merged[key] = template[key];
  for (const key of OBJECTS) if (template[key]) merged[key] = mergeObjects(template[key], step[key] ?? {});
  for (const [key, name] of Object.entries(LISTS_BY_KEY) as [keyof typeof LISTS_BY_KEY, string][]) {
    const list = template[key];
    if (list) merged[key] = mergeByKey(list, step[key] ?? [], name);
  }
  return merged;
}
