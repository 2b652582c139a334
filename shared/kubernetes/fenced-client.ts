import type { KubeClient } from './client.ts';

/** Thrown instead of a write by a process that is not the leader any more. */
export class NotLeaderError extends Error {
  constructor(request: string) {
    super(`${request}: not sent, this process is not the leader`);
    this.name = 'NotLeaderError';
  }
}

/**
 * `client`, whose writes are refused while `isLeader` is false. A process that was stopped and continues does not know yet that it lost the
 * lease: this prevents its writes. A request that was already sent can't be stopped: its effect must be harmless.
 */
export function fencedClient(client: KubeClient, isLeader: () => boolean): KubeClient {
  return {
    ...client,
    async request<T>(...[method, path, options]: Parameters<KubeClient['request']>): Promise<T> {
      if (method === 'GET') return client.request<T>(method, path, options);
      // Checked before each attempt: the client may delay a request, wait for a connection, or retry.
      const beforeSend = (): void => {
        if (!isLeader()) throw new NotLeaderError(`${method} ${path}`);
      };
      beforeSend();
      return client.request<T>(method, path, { ...options, beforeSend });
    },
  };
}
