/** An error in an object, with its path (`spec.tasks[1].runAfter[0]`). */
export interface ValidationError {
  path: string;
  message: string;
  /** The condition's reason of a run that fails with it, if upstream has a specific one. */
  reason?: string;
}

/** All errors in one text, each as `path: message`. */
export function describeErrors(errors: readonly ValidationError[]): string {
  return errors.map(({ path, message }) => `${path}: ${message}`).join('; ');
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
