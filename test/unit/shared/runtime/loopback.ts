import { networkInterfaces } from 'node:os';

/** The loopback addresses that this machine has, without those that need a zone: 127.0.0.1, and ::1 where there is IPv6. */
export const loopbackAddresses = (): string[] =>
  Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, address }) => internal && !address.startsWith('fe80:'))
    .map(({ address }) => address);
