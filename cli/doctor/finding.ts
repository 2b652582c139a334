import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { ApiError } from '../../shared/kubernetes/errors.ts';

/** What one check found. */
export interface Finding {
  /** `unknown`: it could not be found out, as `text` says. */
  state: 'ok' | 'warning' | 'failed' | 'unknown';
  /** What was checked: `webhook`. */
  about: string;
  text: string;
  /** What to do. */
  remedy?: string;
}

export const finding = (state: Finding['state'], about: string, text: string, remedy?: string): Finding => ({
  ...{ state, about, text },
  ...(remedy !== undefined && { remedy }),
});

/** Why there is no answer: no such object (404), or this user may not read it (403). */
export type Unread = 'absent' | 'forbidden';
export const isUnread = (answer: unknown): answer is Unread => answer === 'absent' || answer === 'forbidden';

/** The answer to a GET. Throws what the client throws, but for 404 and 403. */
export async function read<T extends object>(
  client: KubeClient,
  path: string,
  query: Record<string, string> = {},
): Promise<T | Unread> {
  try {
    return await client.request<T>('GET', path, { query });
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return 'absent';
    if (error instanceof ApiError && error.status === 403) return 'forbidden';
    throw error;
  }
}

/** The answer to a GET; undefined if it is unread. Throws as `read`. */
export async function readable<T extends object>(
  client: KubeClient,
  path: string,
  query: Record<string, string> = {},
): Promise<T | undefined> {
  const answer = await read<T>(client, path, query);
  return isUnread(answer) ? undefined : answer;
}
