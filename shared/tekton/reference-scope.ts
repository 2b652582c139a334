import type { FieldString } from './field-tree.ts';
import { toParamValue } from './param-value.ts';
import { referencesIn } from './substitution.ts';
import type { ParamSpec, ParamType, ParamValue, ResultSpec } from './types.ts';

/** A param's or result's known properties before the substitution. Without a type it may have any. */
export interface Declared {
  type?: ParamType;
  /** An object's keys. */
  keys?: readonly string[];
  /** Number of an array's elements. */
  length?: number;
}

/** The names that references in a field may use, in the dotted notation. */
export interface ReferenceScope {
  /** Params and results: `params.image`, `tasks.build.results.digest`. */
  declared: Pick<ReadonlyMap<string, Declared>, 'get'>;
  /** Other references, whose values are strings: `context.taskRun.name`. */
  strings: Pick<ReadonlySet<string>, 'has'>;
  /** Whether a reference may be valid although it is unknown yet. */
  isOpen?: (reference: string) => boolean;
}

/**
 * Forms of Tekton's references, which are no names of shell commands. The first two are from upstream's validators; upstream replaces the others in
 * some fields.
 */
const FORMS = [
  /^(?:inputs\.)?params(?:\.|\[["'])/,
  /^context\.(?:pipelineRun|pipeline|pipelineTask|taskRun|task)\./,
  /^(?:tasks|finally)\.[^.\s]+\.(?:results[.[]|outputs\b|inputs\b|matrix\b)\S*$/,
  /^tasks\.(?:[^.\s]+\.)?(?:status|reason)$/,
  /^workspaces\.[^\s]+\.(?:path|bound|claim|volume)$/,
  /^results(?:\.[^\s]+|\["[^"]+"\]|\['[^']+'\])\.path$/,
  /^steps\.[^.\s]+\.(?:results[.[]|exitCode\.|outputs\b|inputs\b)\S*$/,
  /^step\.(?:results[.[]|artifacts\.)\S*$/,
  /^(?:artifacts|credentials)\.path$/,
  /^(?:inputs|outputs)\.resources\.[^.\s]+\.[^.\s]+$/,
];

/** Whether `reference` (without `$(` and `)`) has one of Tekton's forms. Anything else is for a shell. */
export function isTektonReference(reference: string): boolean {
  return FORMS.some((form) => form.test(reference));
}

const BRACKETS = /^(params|results|(?:tasks|finally)\.[^.[\]]+\.results)(?:\["([^"]*)"\]|\['([^']*)'\])/;

/** The dotted notation of a reference: `params["a"][0]` is `params.a[0]`, and `inputs.params.a` is `params.a`. Only the name may be in brackets. */
export function dotted(reference: string): string {
  return reference
    .replace(/^inputs\.params\./, 'params.')
    .replace(BRACKETS, (_whole, prefix: string, double = '', single = '') => `${prefix}.${double}${single}`);
}

/** The type of a reference's value: `any` if it is unknown yet, undefined if the name does not exist. */
export function shapeOf(reference: string, scope: ReferenceScope): ParamType | 'any' | undefined {
  const name = dotted(reference);
  if (scope.strings.has(name)) return 'string';
  const [, base = '', selector] = /^(.*?)(?:\[(\d+|\*)\])?$/s.exec(name) ?? [];
  const whole = scope.declared.get(base);
  if (whole) return shapeOfPart(whole, selector);
  const dot = base.lastIndexOf('.');
  const object = scope.declared.get(base.slice(0, dot));
  if (object && selector === undefined && (object.type ?? 'object') === 'object') {
    return object.keys && !object.keys.includes(base.slice(dot + 1)) ? undefined : 'string';
  }
  return scope.isOpen?.(name) ? 'any' : undefined;
}

function shapeOfPart({ type, length }: Declared, selector: string | undefined): ParamType | 'any' | undefined {
  if (type === undefined) return 'any';
  if (selector === undefined) return type;
  if (selector === '*') return type === 'string' ? undefined : type;
  const index = Number(selector);
  if (type !== 'array' || String(index) !== selector) return undefined;
  return length === undefined || index < length ? 'string' : undefined;
}

/** The number of elements of the array, if the index of `reference` is beyond it. */
export function beyondArray(reference: string, scope: ReferenceScope): number | undefined {
  const [, base = '', index] = /^(.*)\[(\d+)\]$/s.exec(dotted(reference)) ?? [];
  const { type, length } = scope.declared.get(base) ?? {};
  return type === 'array' && length !== undefined && Number(index) >= length ? length : undefined;
}

/** Why a reference is invalid in its field. */
export interface ReferenceProblem {
  reference: string;
  message: string;
}

/** Errors of the references in a string (upstream's messages, with explanations). */
export function referenceProblems(field: FieldString, scope: ReferenceScope): ReferenceProblem[] {
  const references = new Set(referencesIn(field.text).filter(isTektonReference));
  return [...references].flatMap((reference) => {
    const message = problemOf(reference, field, scope);
    return message === undefined ? [] : [{ reference, message }];
  });
}

function problemOf(reference: string, { text, kind }: FieldString, scope: ReferenceScope): string | undefined {
  const shape = shapeOf(reference, scope);
  if (shape === undefined) {
    const length = beyondArray(reference, scope);
    if (length !== undefined) return `non-existent param references: $(${reference}): the array has ${length} elements`;
    return `non-existent variable in "$(${reference})": ${whyUnknown(reference, scope)}`;
  }
  if (kind === undefined) return `$(${reference}) stands in a field in which Tekton replaces no references`;
  if (shape === 'string' || shape === 'any') return undefined;
  const isolated = text === `$(${reference})`;
  if (kind === 'value' && isolated) return undefined;
  if (kind === 'list' && shape === 'array') {
    return isolated ? undefined : `variable is not properly isolated in "${text}": $(${reference}) is a whole array`;
  }
  const part = shape === 'array' ? 'element: [0]' : 'key: .name';
  return `variable type invalid in "$(${reference})": the field takes a string, not a whole ${shape}; name one ${part}`;
}

function whyUnknown(reference: string, { declared }: ReferenceScope): string {
  const [, kind, base] = /^(param|workspace|result)s\.([^.[]+)/.exec(dotted(reference)) ?? [];
  if (!kind) return 'there is nothing of that name here';
  if (declared.get(`params.${base}`) && kind === 'param') return `the param "${base}" has no such part`;
  // In brackets a name may contain dots.
  const [, , name = base] = /^(?:inputs\.)?\w+\[(['"])(.+?)\1\]/s.exec(reference) ?? [];
  return `the ${kind} "${name}" is not declared`;
}

/** Declared results, with names below `prefix` (`tasks.build.results`). */
export function declaredResults(prefix: string, results: readonly ResultSpec[] = []): [string, Declared][] {
  return results.map(({ name, type, properties }) => [
    `${prefix}.${name}`,
    { type: type ?? (properties ? 'object' : 'string'), ...(properties && { keys: Object.keys(properties) }) },
  ]);
}

/** The properties of a value in a spec. A reference has those of its target. */
export function declaredValue(written: ParamValue, scope?: ReferenceScope): Declared {
  const value = toParamValue(written);
  if (Array.isArray(value)) {
    return { type: 'array', ...(value.some((item) => item.includes('$(')) ? {} : { length: value.length }) };
  }
  if (typeof value === 'object') return { type: 'object', keys: Object.keys(value) };
  const reference = /^\$\(([^()]+)\)$/.exec(value)?.[1];
  if (reference === undefined || !isTektonReference(reference)) return { type: 'string' };
  const shape = scope && shapeOf(reference, scope);
  return shape === undefined || shape === 'any' ? {} : { type: shape };
}

/** The properties of a declared param with `value`, or with its default. */
export function declaredParam(spec: ParamSpec & { type: ParamType }, value: Declared | undefined): Declared {
  const { default: written = null } = spec;
  const fallback = written === null ? undefined : declaredValue(written);
  const { length } = value ?? fallback ?? {};
  const keys = [value?.keys, fallback?.keys, Object.keys(spec.properties ?? {})].flatMap((names) => names ?? []);
  const opaque = value !== undefined && value.type !== spec.type;
  return {
    type: spec.type,
    ...(spec.type === 'object' && !opaque ? { keys } : {}),
    ...(spec.type === 'array' && length !== undefined && !opaque ? { length } : {}),
  };
}
