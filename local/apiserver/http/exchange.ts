import type { IncomingMessage, ServerResponse } from 'node:http';
import type { PodLogSource } from '../../pod-logs.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import type { Tokens } from '../identity/tokens.ts';
import type { Api } from '../registry/api.ts';
import type { WriteRequest } from '../registry/write-request.ts';
import type { Representation } from './negotiate.ts';
import type { ResourcePath } from './path.ts';

/** What serving requests needs. */
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
  /** What the client accepts of the answer. */
  as: Representation;
  write: WriteRequest;
}

/** Any other value is true, as for every boolean in a query. */
export function isTrue(query: URLSearchParams, name: string): boolean {
  return query.has(name) && !['false', '0'].includes((query.get(name) ?? '').toLowerCase());
}
