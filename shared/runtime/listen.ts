import { once } from 'node:events';
import type { AddressInfo, ListenOptions, Server } from 'node:net';

import type { Logger } from './log.ts';

/**
 * Listens, and resolves with the port. Rejects when that can't be. A connection that can't be taken later (no descriptor is left) is
 * logged: as an event `error` without a listener it would end the process.
 */
export async function listen(server: Server, where: ListenOptions, log: Logger): Promise<number> {
  server.listen(where);
  await once(server, 'listening');
  server.on('error', (error) => log.warn('a connection could not be accepted', { error }));
  return (server.address() as AddressInfo).port;
}
