/** Thrown when a run can't go on: it fails with this condition reason, and the message says what the user can do. */
export class RunFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.name = 'RunFailure';
    this.reason = reason;
  }
}

/** Fails the run with `reason` and `message` when `failed`. */
export function failIf(reason: string, failed: boolean, message: string): void {
  if (failed) throw new RunFailure(reason, message);
}
