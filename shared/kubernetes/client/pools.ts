import type http from 'node:http';
import type { Socket } from 'node:net';

/** Pools of keep-alive connections. Watches and followed logs have their own, because each keeps a connection for its whole duration. */
export interface ConnectionPools {
  requests: http.Agent;
  streams: http.Agent;
}

const MAX_CONNECTIONS = 64;
/** Less than the 90 s after which an API server closes an idle connection, so that no request meets the closing. */
const IDLE_MS = 60_000;
const TCP_KEEPALIVE_MS = 30_000;

/** Pools from `createAgent`. With `proxy`, its agent is used for both. */
export function createPools(
  createAgent: (options: http.AgentOptions) => http.Agent,
  proxy: http.Agent | undefined,
): ConnectionPools {
  if (proxy) {
    (proxy as http.Agent & { keepAlive: boolean }).keepAlive = true;
    // Also the timeout for a silent proxy.
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

/** Closes idle connections now, and others at the end of their requests, unlike `destroy`. */
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
