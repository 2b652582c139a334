import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';

/** What one check found. */
export interface Finding {
  /** `unknown`: it could not be found out, as `text` says. */
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  /** What was looked at: `webhook`. */
  about: string;
  text: string;
  /** What to do. */
  remedy?: string;
}

export const finding = (state: Finding['state'], about: string, text: string, remedy?: string): Finding => ({
  ...{ state, about, text },
  ...(remedy !== undefined && { remedy }),
});

/** The answer to a GET; undefined if there is nothing (404), or if this user may not read it (403). */
export async function readable<T>(
  client: KubeClient,
  path: string,
  query: Record<string, string> = {},
): Promise<T | undefined> {
  try {
    return await client.request<T>('GET', path, { query });
  } catch (error) {
    if (error instanceof ApiError && (error.status === 404 || error.status === 403)) return undefined;
    throw error;
  }
}
