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

/**
 * The response for an error in a route: an HttpError as it is, body-parser's with its status, a path with a malformed percent-encoding as 400, others
 * as 500 without details.
 */
export function asHttpError(error: unknown): HttpError {
  if (error instanceof HttpError) return error;
  const { name, status, message, expose } = error as Record<'name' | 'status' | 'message' | 'expose', unknown>;
  if (name === 'URIError' && status === 400)
    return new HttpError(400, 'a % in the path must be followed by two hex digits, and the bytes must be UTF-8');
  if (typeof status === 'number' && status >= 400 && status < 500 && expose === true) {
    return new HttpError(status, typeof message === 'string' ? message : 'bad request');
  }
  return new HttpError(500, 'the trace store failed; its log says why');
}
