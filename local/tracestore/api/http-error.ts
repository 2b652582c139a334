/** An error response: `status` for the program, `message` for the user. */
export class HttpError extends Error {
  readonly status: number;
  /** Response headers that belong to the status. */
  readonly headers: Record<string, string>;
  /** The page for a browser, instead of the message. */
  readonly html: string | undefined;

  constructor(status: number, message: string, headers: Record<string, string> = {}, html?: string) {
    super(message);
    this.name = 'HttpError';
    this.status = status;
    this.headers = headers;
    this.html = html;
  }
}

/** The response for an error in a route: an HttpError as it is, body-parser's with its status, others as 500 without details. */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { status, message, expose } = error as { status?: unknown; message?: unknown; expose?: unknown };
  if (typeof status === 'number' && status >= 400 && status < 500 && expose === true) {
    return new HttpError(status, typeof message === 'string' ? message : 'bad request');
  }
  return new HttpError(500, 'the trace store failed; its log says why');
}
