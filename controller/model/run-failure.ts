import { SubstitutionTooLarge } from '../../shared/tekton/substitution.ts';

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

/** The failure of a run that an error stands for, with `reason` if the error has none; undefined for one after which a retry may help. */
export function runFailureOf(error: unknown, reason: string): RunFailure | undefined {
  if (error instanceof RunFailure) return error;
  return error instanceof SubstitutionTooLarge ? new RunFailure(reason, error.message) : undefined;
}
