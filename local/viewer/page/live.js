const SETTLE_MS = 250;

/**
 * Calls `refresh` at once and whenever the trace store has something new, never twice at a time. The browser reconnects by itself.
 * @param {string | undefined} traceId every trace when undefined
 * @param {() => Promise<void>} refresh
 * @param {(connected: boolean) => void} onConnection
 */
export function follow(traceId, refresh, onConnection) {
  let busy = false;
  let again = false;
  const run = async () => {
    if (busy) {
      again = true;
      return;
    }
    busy = true;
    do {
      again = false;
      try {
        await refresh();
      } catch {
        onConnection(false);
      }
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    } while (again);
    busy = false;
  };
  /** @type {EventSource | undefined} */
  let source;
  const connect = () => {
    source = new EventSource(traceId === undefined ? '/api/events' : `/api/events?trace=${traceId}`);
    source.addEventListener('ready', () => {
      onConnection(true);
      void run();
    });
    source.addEventListener('changed', () => void run());
    source.addEventListener('error', () => onConnection(false));
  };
  // A browser opens six connections to a host: pages in the background give theirs back.
  document.addEventListener('visibilitychange', () => {
    source?.close();
    if (!document.hidden) connect();
  });
  connect();
}
