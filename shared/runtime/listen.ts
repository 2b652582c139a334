import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';

import type { Logger } from './log.ts';

/**
 * Listens, and resolves to the port. Rejects on an error. A later error (a connection that can't be accepted, because no descriptor is left) is
 * logged: without a listener the event `error` would end the process.
 */
export async function listen(server: Server, where: ListenOptions, log: Logger): Promise<number> {
  server.listen(where);
  await once(server, 'listening');
  server.on('error', (error) => log.warn('a connection could not be accepted', { error }));
  return (server.address() as AddressInfo).port;
}
