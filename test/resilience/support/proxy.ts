import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A TCP proxy in front of an API server: what can happen to connections in a network happens here. */
export interface Proxy {
  port: number;
  /** Breaks every connection there is, those that were frozen included; how many. */
  cut(): number;
  /** From now on nothing passes on the connections there are, not even their end; new ones work. */
  freeze(): number;
  /** Takes no new connections until `accept`. */
  refuse(): void;
  accept(): void;
  close(): Promise<void>;
}

/** A connection's two ends. */
interface Pair {
  client: Socket;
  server: Socket;
  frozen: boolean;
}

/** `from` is the loopback address that the server sees: a source that its audit log can tell from others. */
export async function startProxy(target: URL, from = '127.0.0.1'): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let refusing = false;
  const end = (pair: Pair): void => {
    pairs.delete(pair);
    pair.client.destroy();
    pair.server.destroy();
  };
  const proxy = createServer({ noDelay: true }, (client) => {
    if (refusing) return void client.destroy();
    const server = connect({ host: target.hostname, port: Number(target.port), localAddress: from, noDelay: true });
    const pair = { client, server, frozen: false };
    pairs.add(pair);
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('data', (chunk) => {
        if (!pair.frozen && !other.write(chunk)) socket.pause();
      });
      other.on('drain', () => socket.resume());
      socket.on('error', () => undefined);
      socket.on('close', () => {
        if (!pair.frozen) end(pair);
      });
    }
  });
  await new Promise<void>((resolve, reject) => proxy.once('error', reject).listen(0, '127.0.0.1', resolve));
  return {
    port: (proxy.address() as AddressInfo).port,
    cut: () => {
      const { size } = pairs;
      for (const pair of pairs) end(pair);
      return size;
    },
    freeze: () => {
      for (const pair of pairs) pair.frozen = true;
      return pairs.size;
    },
    refuse: () => (refusing = true),
    accept: () => (refusing = false),
    close: () => {
      for (const pair of pairs) end(pair);
      return new Promise((resolve) => proxy.close(() => resolve()));
    },
  };
}
