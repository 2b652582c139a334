import type { KubeClient } from '../client.ts';
import { ApiError, ConnectionError, isAlreadyExists, isNotFound } from '../errors.ts';
import { EVENTS, MERGE_PATCH, resourcePath } from '../resources.ts';
import type { CoreEvent } from './event.ts';

/** Creates the Event, or updates the count of the existing one. An expired Event is created again. Throws as the client does. */
export async function writeEvent(
  client: KubeClient,
  event: CoreEvent,
  signal: AbortSignal,
): Promise<'created' | 'updated'> {
  const { name, namespace } = event.metadata;
  if (event.count > 1) {
    const { count, lastTimestamp, message } = event;
    try {
      const body = { count, lastTimestamp, message };
      const path = resourcePath(EVENTS, { namespace, name });
      await client.request('PATCH', path, { body, contentType: MERGE_PATCH, signal });
      return 'updated';
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
  try {
    await client.request('POST', resourcePath(EVENTS, { namespace }), { body: event, signal });
  } catch (error) {
    // The first response was lost: only we use this name.
    if (!isAlreadyExists(error)) throw error;
  }
  return 'created';
}

/** Whether a retry of the Event may succeed. */
export function isPassing(error: unknown): boolean {
  return (
    error instanceof ConnectionError || (error instanceof ApiError && (error.status >= 500 || error.status === 429))
  );
}

/** Whether the Event's namespace is being deleted or was deleted: nobody can read the Event. */
export function isNamespaceGone(error: unknown): boolean {
  if (!(error instanceof ApiError)) return false;
  const terminating = error.details?.causes?.some(({ reason }) => reason === 'NamespaceTerminating') ?? false;
  return terminating || (isNotFound(error) && error.details?.['kind'] === 'namespaces');
}
