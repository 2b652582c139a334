/** An error in an object, with its path (`spec.tasks[1].runAfter[0]`). */
export interface ValidationError {
  path: string;
  message: string;
  /** The condition's reason of a run that fails with it, if upstream has a specific one. */
  reason?: string;
}

/** A message may quote a whole script, and a run may have an error for each of ten thousand references in it. */
const MAX_ERRORS = 50;
const MAX_ERROR_CHARS = 1000;

/** Errors in one text, each as `path: message`; of very many the first, of a long one its beginning. */
export function describeErrors(errors: readonly ValidationError[]): string {
  const texts = errors.slice(0, MAX_ERRORS).map(({ path, message }) => {
    const text = `${path}: ${message}`;
    return text.length <= MAX_ERROR_CHARS ? text : `${text.slice(0, MAX_ERROR_CHARS)}…`;
  });
  const more = errors.length - texts.length;
  return [...texts, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

/** Duplicate names, each with the index of its repetition. */
export function duplicates(names: readonly (string | undefined)[]): { name: string; index: number }[] {
  const seen = new Set<string>();
  const repeated: { name: string; index: number }[] = [];
  names.forEach((name, index) => {
    if (name === undefined || name === '') return;
    if (seen.has(name)) repeated.push({ name, index });
    seen.add(name);
  });
  return repeated;
}

/** An error for each duplicate name in the list at `path`. */
export function duplicateErrors(path: string, names: readonly (string | undefined)[]): ValidationError[] {
  return duplicates(names).map(({ name, index }) => ({
    path: `${path}[${index}].name`,
    message: `"${name}" is already used`,
  }));
}
