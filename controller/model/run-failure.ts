/** Thrown if a run can't continue: it fails with this condition reason. The message says what the user can do. */
export class RunFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'RunFailure';
    this.reason = reason;
  }
}

/** Throws RunFailure with `reason` and `message` if `failed`. */
export function failIf(reason: string, failed: boolean, message: string): void {
  if (failed) throw new RunFailure(reason, message);
}
