import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { PodLogRequest, PodLogSource } from '../../pod-logs.ts';
import { isObject, objectsIn, textAt, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { badRequest, StatusError } from '../status.ts';

function namesIn(pod: KubeObject, list: string): string[] {
  const containers = valueAt(pod, 'spec', list);
  return (Array.isArray(containers) ? containers : []).flatMap((one) =>
    isObject(one) && typeof one['name'] === 'string' ? [one['name']] : [],
  );
}

const DEFAULT_CONTAINER = 'kubectl.kubernetes.io/default-container';

function chooseContainer(pod: KubeObject, asked: string | null): string {
  const name = pod.metadata.name ?? '';
  const containers = namesIn(pod, 'containers');
  const initContainers = namesIn(pod, 'initContainers');
  if (asked !== null && asked !== '') {
    if ([...containers, ...initContainers].includes(asked)) return asked;
    throw badRequest(`container ${asked} is not valid for pod ${name}`);
  }
  const [only] = containers;
  if (containers.length === 1 && only !== undefined) return only;
  const preferred = pod.metadata.annotations?.[DEFAULT_CONTAINER];
  if (preferred !== undefined && containers.includes(preferred)) return preferred;
  const inits = initContainers.length > 0 ? ` or one of the init containers: [${initContainers.join(' ')}]` : '';
  throw badRequest(
    `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]${inits}`,
  );
}

function numberFrom(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0)
    throw badRequest(`${name}: Invalid value: ${JSON.stringify(text)}: must be greater than or equal to 0`);
  return value;
}

function waitingReason(pod: KubeObject, container: string): string {
  const all = [valueAt(pod, 'status', 'containerStatuses'), valueAt(pod, 'status', 'initContainerStatuses')].flatMap(
    objectsIn,
  );
  const reason = valueAt(
    all.find((one) => one['name'] === container),
    'state',
    'waiting',
    'reason',
  );
  return typeof reason === 'string' ? reason : 'ContainerCreating';
}

function readRequest(pod: KubeObject, query: URLSearchParams, signal: AbortSignal): PodLogRequest {
  const tailLines = numberFrom(query, 'tailLines');
  const sinceSeconds = numberFrom(query, 'sinceSeconds');
  const limitBytes = numberFrom(query, 'limitBytes');
  return {
    namespace: pod.metadata.namespace ?? '',
    pod: pod.metadata.name ?? '',
    container: chooseContainer(pod, query.get('container')),
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceSeconds === undefined ? {} : { sinceSeconds }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    signal,
  };
}

async function firstChunk(
  source: PodLogSource,
  request: PodLogRequest,
  pod: KubeObject,
): Promise<{ chunks: AsyncIterator<Buffer>; first: IteratorResult<Buffer> }> {
  try {
    const chunks = source.logs(request)[Symbol.asyncIterator]();
    return { chunks, first: await chunks.next() };
  } catch (error: unknown) {
    if (request.signal.aborted) throw error;
    const problem = error instanceof Error ? error.message : waitingReason(pod, request.container);
    throw badRequest(problem);
  }
}

async function* resumed(first: IteratorResult<Buffer>, chunks: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    for (let next = first; next.done !== true; next = await chunks.next()) yield next.value;
  } finally {
    await chunks.return?.();
  }
}

/**
 * Streams a container's log as text, no faster than it is read; 204 for a Pod without a node, 400 for an invalid request or a container
 * that has not started.
 */
export async function serveLogs(
  pod: KubeObject,
  query: URLSearchParams,
  source: PodLogSource | undefined,
  response: ServerResponse,
  closing: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  const request = readRequest(pod, query, AbortSignal.any([gone.signal, closing]));
  if (textAt(pod, 'spec', 'nodeName') === '') {
    response.writeHead(204, { 'cache-control': 'no-cache, private' });
    response.end();
    return;
  }
  if (source === undefined)
    throw new StatusError(503, 'ServiceUnavailable', 'no node runs in this API server, so there are no logs');
  const { chunks, first } = await firstChunk(source, request, pod);
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  try {
    await pipeline(resumed(first, chunks), response);
  } catch (error) {
    if (!request.signal.aborted) throw error; // The client is gone, or the server closes.
  }
}
