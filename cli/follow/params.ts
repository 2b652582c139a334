import type { Param, ParamType, ParamValue, PipelineRun, TaskRun } from '../../shared/tekton/types.ts';
import { CommandError } from '../errors.ts';

/** `NAME=VALUE` from the command line. The param's type decides how the value is read. */
export interface GivenParam {
  name: string;
  text: string;
}

/** The `--param` options. Throws CommandError for an option without NAME=VALUE, and for a duplicate name. */
export function parseParams(options: readonly string[]): GivenParam[] {
  const given = options.map((option) => {
    const at = option.indexOf('=');
    if (at < 1) throw new CommandError(`--param ${JSON.stringify(option)}: expected NAME=VALUE`);
    return { name: option.slice(0, at), text: option.slice(at + 1) };
  });
  const twice = given.find(({ name }, index) => given.findIndex((other) => other.name === name) !== index);
  if (twice)
    throw new CommandError(`--param ${twice.name}: is given twice; write the items of a list as ${twice.name}=a,b`);
  return given;
}

const isStrings = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');

function parsedJson({ name, text }: GivenParam, type: ParamType): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new CommandError(`--param ${name}: is of type ${type} and begins like JSON, but is not valid JSON: ${text}`);
  }
}

function list(given: GivenParam): string[] {
  const { name, text } = given;
  if (!text.trimStart().startsWith('[')) return text === '' ? [] : text.split(',');
  const value = parsedJson(given, 'array');
  if (isStrings(value)) return value;
  throw new CommandError(`--param ${name}: is of type array: expected a,b or ["a","b"], all of them strings`);
}

function map(given: GivenParam): Record<string, string> {
  const { name, text } = given;
  const expected = `--param ${name}: is of type object: expected key1:value1,key2:value2 or {"key":"value"}`;
  if (text.trimStart().startsWith('{')) {
    const value = parsedJson(given, 'object') as Record<string, string>;
    if (isStrings(Object.values(value))) return value;
    throw new CommandError(`${expected}, all values strings`);
  }
  const entries = text.split(',').map((entry): [string, string] => {
    const at = entry.indexOf(':');
    if (at < 1) throw new CommandError(expected);
    return [entry.slice(0, at).trim(), entry.slice(at + 1).trim()];
  });
  return Object.fromEntries(entries);
}

/** A string is the text itself; arrays and objects are JSON or tkn's forms with commas (tkn, pkg/params/mergeparams.go). */
function valueOf(given: GivenParam, type: ParamType | undefined): ParamValue {
  if (type === 'array') return list(given);
  return type === 'object' ? map(given) : given.text;
}

/**
 * The run with the given params. They replace params of the same name in the file. `types` has the types by name; an unknown type counts as
 * string. Throws CommandError for a value that is not of its type.
 */
export function withParams<T extends PipelineRun | TaskRun>(
  run: T,
  given: readonly GivenParam[],
  types: ReadonlyMap<string, ParamType>,
): T {
  const set = given.map((param): Param => ({ name: param.name, value: valueOf(param, types.get(param.name)) }));
  const kept = (run.spec.params ?? []).filter((param) => !set.some(({ name }) => name === param.name));
  return set.length === 0 ? run : { ...run, spec: { ...run.spec, params: [...kept, ...set] } };
}
