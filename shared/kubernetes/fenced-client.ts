import type { KubeClient } from './client.ts';

/** Thrown instead of a write that would have been sent by a process that does not lead any more. */
export class NotLeaderError extends Error {
  constructor(request: string) {
    super(`${request}: not sent, this process is not the leader`);
    this.name = 'NotLeaderError';
  }
}

/**
 * `client`, whose writes are refused while `isLeader` says no. A process that was stopped and continues thinks that it still leads: this keeps
 * it from writing until it has learned better. A request that is on its way can't be called back: what it does must be harmless.
 */
export function fencedClient(client: KubeClient, isLeader: () => boolean): KubeClient {
  return {
    ...client,
    async request<T>(...[method, path, options]: Parameters<KubeClient['request']>): Promise<T> {
      if (method === 'GET') return client.request<T>(method, path, options);
      // Asked each time it is sent: the client may hold a request back, wait for a connection or send it again, long after it was made.
      const beforeSend = (): void => {
        if (!isLeader()) throw new NotLeaderError(`${method} ${path}`);
      };
      beforeSend();
      return client.request<T>(method, path, { ...options, beforeSend });
    },
  };
}
