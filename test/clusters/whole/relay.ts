import { execFileSync } from 'node:child_process';
import { connect, createServer } from 'node:net';
import type { Server, Socket } from 'node:net';

import type { Enclosure } from './enclosure.ts';
import type { Network } from './network.ts';

/** Brings what the API server sends to ports of its own loopback to the same ports of this machine's. */
export class LoopbackRelay {
  readonly #servers = new Map<number, Server>();
  readonly #sockets = new Set<Socket>();
  readonly #enclosure: Enclosure;
  readonly #network: Network;

  constructor(enclosure: Enclosure, network: Network) {
    this.#enclosure = enclosure;
    this.#network = network;
  }

  #runInside(program: string, args: string[]): void {
    const [nsenter = '', ...rest] = this.#enclosure.command(program, args);
    execFileSync(nsenter, rest, { stdio: ['ignore', 'ignore', 'pipe'] });
  }

  #keep(socket: Socket): Socket {
    this.#sockets.add(socket);
    return socket.on('close', () => this.#sockets.delete(socket));
  }

  /** Relays `port` from now on, to `target` of this machine's loopback: another one where its program listens on all addresses. */
  open(port: number, target = port): void {
    if (this.#servers.has(port)) return;
    const { hostAddress } = this.#network;
    if (this.#servers.size === 0) {
      // Packets from a loopback address may leave by the cable, with another sender.
      this.#runInside('sh', ['-c', 'echo 1 > /proc/sys/net/ipv4/conf/all/route_localnet']);
      const leaving = ['-s', '127.0.0.0/8', '-o', 'eth0', '-j', 'MASQUERADE'];
      this.#runInside('iptables', ['-w', '-t', 'nat', '-A', 'POSTROUTING', ...leaving]);
    }
    const arriving = ['-p', 'tcp', '-d', '127.0.0.1', '--dport', String(port)];
    const destination = ['-j', 'DNAT', '--to-destination', `${hostAddress}:${port}`];
    this.#runInside('iptables', ['-w', '-t', 'nat', '-A', 'OUTPUT', ...arriving, ...destination]);
    const server = createServer((inner) => {
      const outer = this.#keep(connect(target, '127.0.0.1'));
      this.#keep(inner).pipe(outer).pipe(inner);
      for (const [one, other] of [
        [inner, outer],
        [outer, inner],
      ] as const)
        one.on('error', () => other.destroy());
    });
    server.listen(port, hostAddress);
    this.#servers.set(port, server);
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all([...this.#servers.values()].map((server) => new Promise((done) => server.close(done))));
    this.#servers.clear();
  }
}
