import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import type { Server } from 'node:net';

/**
 * Below the ports that Linux gives to connections and to servers which ask for any (32768 and more), and below those of NodePorts (30000 and more): a
 * port from here stays free until the server that it is for listens.
 */
const LOWEST = 11_000;
const ABOVE = 30_000;
const MAX_TRIES = 1_000;

/** What this process was given: a server may start late, or again. */
const given = new Set<number>();

/** Undefined when somebody listens there. */
async function listenAt(port: number): Promise<Server | undefined> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    );
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

async function freePort(): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = randomInt(LOWEST, ABOVE);
    if (given.has(port)) continue;
    const server = await listenAt(port);
    if (server === undefined) continue;
    given.add(port);
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
  throw new Error(`no port from ${LOWEST} to ${ABOVE - 1} of this machine's loopback is free`);
}

/** As many different loopback ports as asked for that nobody listens on, and that nobody is given by chance. Throws when there are none. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await freePort());
  return ports;
}
