import { formatCarrier, parseTraceparent } from '../../shared/tracing/carrier.ts';
import { PARENT_SPAN_CONTEXT } from '../../shared/tekton/annotations.ts';
import type {
  Param,
  ParamSpec,
  ParamValue,
  PipelineRun,
  TaskRun,
  WorkspaceBinding,
} from '../../shared/tekton/types.ts';
import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { declaredNames } from '../../shared/tekton/declared.ts';
import { CommandError } from '../errors.ts';

type Run = PipelineRun | TaskRun;

function declaredParams(run: Run): ParamSpec[] {
  const spec = run.spec as { pipelineSpec?: { params?: ParamSpec[] }; taskSpec?: { params?: ParamSpec[] } };
  return spec.pipelineSpec?.params ?? spec.taskSpec?.params ?? [];
}

function paramValue(run: Run, name: string, value: string): ParamValue {
  const type = declaredParams(run).find((param) => param.name === name)?.type ?? 'string';
  if (type === 'string') return value;
  const json = parsed(value);
  if (type === 'array' ? isStrings(json) : isObjectOfStrings(json)) return json as ParamValue;
  throw new CommandError(
    `--param ${name}: is of type ${type}, so its value has to be JSON, like ${type === 'array' ? '["a","b"]' : '{"key":"value"}'}`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isStrings = (value: unknown): boolean => Array.isArray(value) && value.every((item) => typeof item === 'string');

const isObjectOfStrings = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && isStrings(Object.values(value));

function pair(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at < 1) throw new CommandError(`${option} ${JSON.stringify(text)}: expected name=value`);
  return [text.slice(0, at), text.slice(at + 1)];
}

/** The run with `--param name=value` set, over those of the same name in the file. */
export function withParams<T extends Run>(run: T, options: string[]): T {
  const set = options.map((option): Param => {
    const [name, value] = pair(option, '--param');
    return { name, value: paramValue(run, name, value) };
  });
  const kept = (run.spec.params ?? []).filter((param) => !set.some(({ name }) => name === param.name));
  return set.length === 0 ? run : { ...run, spec: { ...run.spec, params: [...kept, ...set] } };
}

/** `--workspace name=DIR` as pairs. */
export function workspaceDirectories(options: string[]): [string, string][] {
  return options.map((option) => pair(option, '--workspace'));
}

/** The run with workspaces bound to claims, over bindings of the same name in the file. */
export function withWorkspaces<T extends Run>(run: T, claims: { name: string; claimName: string }[]): T {
  const bindings = claims.map(({ name, claimName }): WorkspaceBinding => ({
    name,
    persistentVolumeClaim: { claimName },
  }));
  const kept = (run.spec.workspaces ?? []).filter((workspace) => !claims.some(({ name }) => name === workspace.name));
  return claims.length === 0 ? run : { ...run, spec: { ...run.spec, workspaces: [...kept, ...bindings] } };
}

/** The run as a child of the span this command was started in (`TRACEPARENT`); as it is when there is none or it is malformed. */
export function withInboundParent<T extends Run>(run: T, env: Record<string, string | undefined>): T {
  const { TRACEPARENT: traceparent, TRACESTATE: tracestate } = env;
  const ids = parseTraceparent(traceparent);
  if (!ids || run.metadata.annotations?.[PARENT_SPAN_CONTEXT] !== undefined) return run;
  const carrier = formatCarrier({ ...ids, ...(tracestate !== undefined && { tracestate }) });
  return {
    ...run,
    metadata: { ...run.metadata, annotations: { ...run.metadata.annotations, [PARENT_SPAN_CONTEXT]: carrier } },
  };
}

/** Throws CommandError for a `--param` or `--workspace` that the run would never look at, where what it declares is known: a typo must not run with a default. */
export function checkNames(run: Run, objects: KubeObject[], options: { params: string[]; workspaces: string[] }): void {
  const declared = declaredNames(run, objects);
  if (!declared) return;
  for (const [option, given, known] of [
    ['--param', options.params, declared.params],
    ['--workspace', options.workspaces, declared.workspaces],
  ] as const) {
    const unknown = given.find((name) => !known.includes(name));
    if (unknown !== undefined)
      throw new CommandError(`${option} ${unknown}: the run declares ${known.length > 0 ? known.join(', ') : 'none'}`);
  }
}
