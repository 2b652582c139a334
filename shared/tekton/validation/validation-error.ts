/** One thing that is wrong with an object: where (`spec.tasks[1].runAfter[0]`) and what. */
export interface ValidationError {
  path: string;
  message: string;
  /** The condition reason of a run that fails for it, where upstream has one of its own. */
  reason?: string;
}

/** `path: message`, one after the other. */
export function describeErrors(errors: readonly ValidationError[]): string {
  return errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
}

/** The names that occur more than once, each with the index of its repetition. */
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

/** An error for each repeated name in the list at `path`. */
export function duplicateErrors(path: string, names: readonly (string | undefined)[]): ValidationError[] {
  return duplicates(names).map(({ name, index }) => ({
    path: `${path}[${index}].name`,
    message: `"${name}" is already used`,
  }));
}
