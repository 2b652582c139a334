import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PodLogSource } from '../../pod-logs.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { Tokens } from '../identity/tokens.ts';
import type { Api, WriteRequest } from '../registry/api.ts';
import type { ResourcePath } from './path.ts';

/** What every request is served with. */
export interface ResourceServer {
  api: Api;
  tokens: Tokens;
  podLogs(): PodLogSource | undefined;
  /** Aborted when the server closes. */
  closing: AbortSignal;
  /** Answers that are not complete yet. */
  open: Set<ServerResponse>;
}

/** One request about a resource, and its answer. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  query: URLSearchParams;
  type: ResourceType;
  path: ResourcePath;
  write: WriteRequest;
}

export function isWatch(query: URLSearchParams): boolean {
  return query.get('watch') === 'true' || query.get('watch') === '1';
}
