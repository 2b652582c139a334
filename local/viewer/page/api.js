/** A request that failed; `message` is for the user. */
export class ApiError extends Error {
  /**
   * @param {string} message
   * @param {number | undefined} status of the answer; undefined without one
   */
  constructor(message, status) {
    super(message);
    this.name = 'ApiError';
    this.status = status;
  }
}

/**
 * The answer of the server that this page came from. A browser whose token is not valid any more gets the page that says how to get in: each start of
 * Tektrace has new tokens.
 * @param {string} path
 * @param {AbortSignal} [signal]
 * @returns {Promise<Response>} with a status below 300
 * @throws {ApiError} with the server's reason, else with the status
 */
export async function ask(path, signal) {
  const response = await fetch(path, signal ? { signal } : {}).catch((error) => {
    if (signal?.aborted) throw error;
    throw new ApiError('Tektrace does not answer', undefined);
  });
  if (response.ok) return response;
  if (response.status === 401) location.reload();
  const { errors } = await response.json().catch(() => ({}));
  throw new ApiError(errors?.[0]?.msg ?? `Tektrace answered ${response.status}`, response.status);
}
