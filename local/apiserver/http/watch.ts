import type { ServerResponse } from 'node:http';
import type { ResourceType } from '../catalog/resource-type.ts';
import { inVersion } from '../catalog/versions.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { emptyObject } from '../fields/empty-object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { Api } from '../registry/api.ts';
import { expired, statusBody, StatusError } from '../status.ts';
import { integerFrom, parseRevision } from '../storage/list-options.ts';
import type { Selection } from '../storage/selection.ts';
import type { StoredEvent } from '../storage/store.ts';
import { partialMetadata, table } from '../table/table.ts';
import type { IncludeObject } from '../table/table.ts';
import { isTrue } from './exchange.ts';
import type { Representation } from './negotiate.ts';

const BOOKMARK_INTERVAL_MS = 60_000;
const DEFAULT_TIMEOUT_SECONDS = 1800;
const MAX_BUFFERED_BYTES = 16 * 1024 * 1024;

export interface WatchRequest {
  type: ResourceType;
  selection: Selection;
  query: URLSearchParams;
  representation: Representation;
  include: IncludeObject;
  response: ServerResponse;
  /** Aborted when the server closes. */
  signal: AbortSignal;
}

interface Shown {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: KubeObject;
}

/** A change within a selection: an object that enters is ADDED, one that leaves is DELETED. */
function throughSelection(selection: Selection, event: StoredEvent): Shown | undefined {
  const before = event.previous !== undefined && selection.matches(event.previous);
  const after = event.type !== 'DELETED' && selection.matches(event.object);
  if (after) return { type: before ? 'MODIFIED' : 'ADDED', object: event.object };
  if (!before) return undefined;
  if (event.type === 'DELETED') return { type: 'DELETED', object: event.object };
  const last = event.previous ?? event.object;
  return {
    type: 'DELETED',
    object: { ...last, metadata: { ...last.metadata, resourceVersion: String(event.revision) } },
  };
}

/** Converts objects to the requested form. */
function createEncoder({ type, representation, include }: WatchRequest, api: Api): (object: KubeObject) => JsonObject {
  let columns = true;
  return (object) => {
    const served = inVersion(type, object);
    if (representation === 'PartialObjectMetadata') return partialMetadata(served);
    if (representation !== 'Table') return served;
    const encoded = table(
      type,
      [served],
      { resourceVersion: object.metadata.resourceVersion },
      { include, now: api.now(), columns },
    );
    columns = false;
    return encoded;
  };
}

function startRevision(query: URLSearchParams): { since: number | undefined; initial: boolean } {
  const given = parseRevision(query.get('resourceVersion'));
  const sendInitial = query.get('sendInitialEvents');
  const since = given === 0 ? undefined : given;
  const initial = sendInitial === null ? since === undefined : isTrue(query, 'sendInitialEvents');
  return { since, initial };
}

/** Streams the changes of a resource, one JSON document a line, until the client disconnects, the timeout ends or the server closes. */
export function serveWatch(api: Api, watch: WatchRequest): void {
  const { type, selection, query, response, signal } = watch;
  const { since, initial } = startRevision(query);
  const bookmarks = isTrue(query, 'allowWatchBookmarks');
  const encode = createEncoder(watch, api);
  const timeoutSeconds = (integerFrom(query, 'timeoutSeconds') ?? 0) || DEFAULT_TIMEOUT_SECONDS;
  let sentTo = since ?? api.store.revision();

  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.flushHeaders();
  const write = (kind: string, object: JsonObject): void => {
    // As in a kube-apiserver, an event can't have the form of a list: the watch ends.
    if (watch.representation === 'PartialObjectMetadataList' && kind !== 'ERROR') {
      response.end();
      return;
    }
    if (response.writableEnded) return;
    response.write(`${JSON.stringify({ type: kind, object })}\n`);
    // A slow client would fill the memory: its watch ends, so that it starts again.
    if (response.writableLength > MAX_BUFFERED_BYTES) response.destroy();
  };
  /** An object that can't be converted to this version ends this watch only. */
  const send = (shownOf: () => Shown | undefined): void => {
    try {
      const shown = shownOf();
      if (shown !== undefined) write(shown.type, encode(shown.object));
    } catch (error: unknown) {
      if (!(error instanceof StatusError)) throw error;
      write('ERROR', statusBody(error));
      response.end();
    }
  };
  const show = (event: StoredEvent): void => {
    sentTo = event.revision;
    send(() => throughSelection(selection, event));
  };
  const bookmark = (annotations?: Record<string, string>): void => {
    const metadata = {
      resourceVersion: String(Math.max(sentTo, api.store.revision())),
      ...(annotations ? { annotations } : {}),
    };
    const nothing = { ...emptyObject(type), apiVersion: apiVersionOf(type), kind: type.kind };
    write('BOOKMARK', encode({ ...nothing, metadata }));
  };

  const missed = initial ? [] : api.store.eventsSince(type.storageKey, sentTo);
  if (missed === undefined) {
    write('ERROR', statusBody(expired(`too old resource version: ${sentTo} (${api.store.revision()})`)));
    response.end();
    return;
  }
  if (initial)
    for (const object of api.store.list(type.storageKey, selection.namespace))
      send(() => (selection.matches(object) ? { type: 'ADDED', object } : undefined));
  for (const event of missed) show(event);
  if (initial && bookmarks) bookmark({ 'k8s.io/initial-events-end': 'true' });

  const stop = api.store.subscribe(type.storageKey, show);
  const ticker = setInterval(() => bookmarks && bookmark(), BOOKMARK_INTERVAL_MS);
  const end = (): void => {
    if (bookmarks && !response.destroyed) bookmark();
    response.end();
  };
  const timer = setTimeout(end, timeoutSeconds * 1000);
  signal.addEventListener('abort', end, { once: true });
  response.on('close', () => {
    stop();
    clearInterval(ticker);
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  });
}
