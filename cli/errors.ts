/** What ended a command, for the person who gave it: said without a stack, with the exit code. */
export class CommandError extends Error {
  /** 1: the run failed; 2: the input can't be used. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}
