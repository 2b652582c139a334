import { fieldStrings } from './field-tree.ts';
import { EMBEDDED_TASK_FIELDS, PIPELINE_TASK_FIELDS } from './reference-fields.ts';
import { referencesIn } from './substitution.ts';
import type { PipelineTask } from './types.ts';

/** A reference to a task's result: `tasks.build.results.digest`, also in brackets, with an array index or an object's key. */
export interface ResultReference {
  /** The text between `$(` and `)`. */
  reference: string;
  section: 'tasks' | 'finally';
  pipelineTask: string;
  result: string;
}

const RESULT = /^(tasks|finally)\.([^.[\]]+)\.results(?:\.([^.[\]]+)|\["([^"]+)"\]|\['([^']+)'\])/;

/** Parses a reference to a task's result; undefined for any other reference. */
export function parseResultReference(reference: string): ResultReference | undefined {
  const match = RESULT.exec(reference);
  if (!match) return undefined;
  const [, section, pipelineTask, plain, double, single] = match;
  return {
    reference,
    section: section as 'tasks' | 'finally',
    pipelineTask: pipelineTask!,
    result: (plain ?? double ?? single)!,
  };
}

/** Every string in `value`, at any depth. */
function strings(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(strings);
}

/** All references (without `$(` and `)`) in the strings of `value`. */
export function allReferences(value: unknown): string[] {
  return strings(value).flatMap(referencesIn);
}

/** The task results that `value` refers to, each once. */
export function resultReferences(value: unknown): ResultReference[] {
  const found = allReferences(value).map(parseResultReference);
  const unique = new Map(found.filter((one) => one !== undefined).map((one) => [one.reference, one]));
  return [...unique.values()];
}

/**
 * The results that a pipeline task waits for: those in its fields in which references are replaced, and in its embedded spec. Upstream's
 * PipelineTaskResultRefs omits some fields (volumes, subPath, the display name); there the reference stays in the text.
 */
export function resultsUsedBy(task: PipelineTask): ResultReference[] {
  const fields = [
    ...fieldStrings(task, PIPELINE_TASK_FIELDS),
    ...fieldStrings(task.taskSpec ?? {}, EMBEDDED_TASK_FIELDS),
  ];
  return resultReferences(fields.filter(({ kind }) => kind !== undefined).map(({ text }) => text));
}
