import type { Api } from '../registry/api.ts';

const EVENTS = '/events';
const TTL_MS = 3_600_000;
const MAX_EVENTS = 5000;

/** Drops Events an hour after their last change, and the oldest of more than 5000. Returns a function that stops it. */
export function startEventExpiry(api: Api): () => void {
  const touched = new Map<string, { namespace: string; name: string; atMs: number }>();
  return api.store.subscribe(EVENTS, ({ type, object }) => {
    const { namespace = '', name = '' } = object.metadata;
    const key = `${namespace}/${name}`;
    touched.delete(key);
    if (type === 'DELETED') return;
    touched.set(key, { namespace, name, atMs: api.now().getTime() });
    for (const [oldestKey, oldest] of touched) {
      if (touched.size <= MAX_EVENTS && oldest.atMs > api.now().getTime() - TTL_MS) break;
      touched.delete(oldestKey);
      const event = api.store.get(EVENTS, oldest.namespace, oldest.name);
      if (event !== undefined) api.store.remove(EVENTS, event);
    }
  });
}
