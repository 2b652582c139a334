import type http from 'node:http';
import type { Socket } from 'node:net';

/** Kept-alive connections: a watch or a followed log holds its own for as long as it lasts, so those don't count for requests. */
export interface ConnectionPools {
  requests: http.Agent;
  streams: http.Agent;
}

const MAX_CONNECTIONS = 64;
/** Below the 90 s after which an API server closes an idle connection: a request must not meet that end. */
const IDLE_MS = 60_000;
const TCP_KEEPALIVE_MS = 30_000;

/** Pools made with `createAgent`; with `proxy`, the agent of a proxy serves for both. */
export function createPools(
  createAgent: (options: http.AgentOptions) => http.Agent,
  proxy: http.Agent | undefined,
): ConnectionPools {
  if (proxy) {
    (proxy as http.Agent & { keepAlive: boolean }).keepAlive = true;
    // Also how long it waits for a proxy that says nothing.
    (proxy as http.Agent & { options: http.AgentOptions }).options.timeout = IDLE_MS;
    return { requests: proxy, streams: proxy };
  }
  const options: http.AgentOptions = {
    keepAlive: true,
    keepAliveMsecs: TCP_KEEPALIVE_MS,
    scheduling: 'lifo',
    timeout: IDLE_MS,
  };
  return { requests: createAgent({ ...options, maxSockets: MAX_CONNECTIONS }), streams: createAgent(options) };
}

/** Closes idle connections now and the others when their requests end, unlike `destroy`. */
export function retirePools(pools: ConnectionPools): void {
  for (const agent of [pools.requests, pools.streams]) {
    agent.maxFreeSockets = 0;
    const idle = Object.values(agent.freeSockets as Record<string, Socket[]>).flat();
    for (const socket of idle) socket.destroy();
  }
}

/** Breaks every connection. */
export function destroyPools(pools: ConnectionPools): void {
  pools.requests.destroy();
  pools.streams.destroy();
}
