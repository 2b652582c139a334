import { isObject, withSortedKeys } from '../../../local/apiserver/object.ts';
import type { Answer, Json } from '../harness/client.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'WATCH';

/** What must be written for a watch to see it: an object of this name, or one with these labels and fields. */
export interface Fence {
  name?: string;
  labels?: Record<string, string>;
  fields?: Json;
}

/**
 * One request of a sequence, as plain data, so that parts of it can be left out. In the path, the query and the strings of the body
 * `{{3.resourceVersion}}` is what step 3 was answered with on the same server: also `.uid`, `.name` and `.continue`.
 */
export interface Step {
  /** Stays when other steps are left out. */
  id: number;
  method: Method;
  /** `configmaps/a/status`, in the sequence's namespace. */
  path: string;
  query?: Record<string, string>;
  /** A string is sent as it is. */
  body?: Json;
  /** The step whose answer `body` is merged over, as a client changes what it has read. */
  from?: number;
  contentType?: string;
  accept?: string;
  fence?: Fence;
}

const reference = /\{\{(\d+)\.(\w+)\}\}/g;
const NO_UID = '00000000-0000-4000-8000-000000000000';

function valueOf(answers: Map<number, Answer>, id: number, what: string): string {
  const metadata = answers.get(id)?.body?.metadata;
  const value = metadata?.[what];
  return typeof value === 'string' ? value : what === 'uid' ? NO_UID : '';
}

/** A merge patch of `target`, which stays as it is. */
function merged(target: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result = isObject(target) ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merged(result[key], value);
  }
  return result;
}

/** The value with all references replaced by what this server answered so far; nothing where an answer had none. */
export function resolved<T>(value: T, answers: Map<number, Answer>): T {
  const walk = (one: Json): Json => {
    if (typeof one === 'string')
      return one.replace(reference, (_text, id: string, what: string) => valueOf(answers, Number(id), what));
    if (Array.isArray(one)) return one.map(walk);
    if (!isObject(one)) return one;
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [walk(key), walk(inner)]));
  };
  return walk(value) as T;
}

/** The step's body as it is sent to this server. */
export function bodyOf(step: Step, answers: Map<number, Answer>): Json {
  if (step.body === undefined) return undefined;
  const body = resolved(step.body, answers);
  if (step.from === undefined) return body;
  const read = answers.get(step.from)?.body;
  // Servers answer with fields in other orders, in which what is wrong with them would be found.
  return withSortedKeys(merged(read?.metadata?.name === undefined ? {} : read, body));
}

/** The resource that a step is about. */
export const resourceOf = ({ path }: Step): string => /^[a-z]+/.exec(path)?.[0] ?? '';

/** A step in one line, as somebody would send it. */
export function shown(step: Step): string {
  const query = Object.entries(step.query ?? {}).map(([key, value]) => `${key}=${value}`);
  const parts = [
    `${step.id}. ${step.method} ${step.path}${query.length > 0 ? `?${query.join('&')}` : ''}`,
    ...(step.accept === undefined ? [] : [`accept: ${step.accept}`]),
    ...(step.contentType === undefined ? [] : [step.contentType]),
    ...(step.from === undefined ? [] : [`{{${step.from}}} merged with`]),
    ...(step.body === undefined ? [] : [typeof step.body === 'string' ? step.body : JSON.stringify(step.body)]),
  ];
  return parts.join('  ');
}
