/** Loaded before the controller (`--import`): each message of the parent is answered with what is in use after a garbage collection. */
export interface MemoryUse {
  rssBytes: number;
  heapUsedBytes: number;
  /** User and system time since the start, without that of this garbage collection. */
  cpuSeconds: number;
}

process.on('message', () => {
  const collect = (globalThis as { gc?: () => void }).gc;
  if (!collect) throw new Error('the controller was started without --expose-gc');
  const { user, system } = process.cpuUsage();
  // What the first collection lets finalizers free, the second takes.
  collect();
  setImmediate(() => {
    collect();
    const { rss, heapUsed } = process.memoryUsage();
    process.send?.({ rssBytes: rss, heapUsedBytes: heapUsed, cpuSeconds: (user + system) / 1e6 } satisfies MemoryUse);
  });
});
// The channel must not keep the process alive once its work is done.
process.channel?.unref();
