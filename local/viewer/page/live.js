const SETTLE_MS = 250;
/** After a failure the page asks again this much later. */
const RETRY_MS = 3000;

/**
 * Calls `refresh` at once and whenever the server has something new, never twice at a time; after a failure until it succeeds.
 * @param {string | undefined} traceId every trace when undefined
 * @param {() => Promise<void>} refresh
 * @param {(problem: string | undefined) => void} onConnection gets why the page is not up to date; undefined when it is
 */
export function follow(traceId, refresh, onConnection) {
  let busy = false;
  let again = false;
  /** @type {EventSource | undefined} */
  let source;
  let retry = 0;
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
        if (source?.readyState === EventSource.OPEN) onConnection(undefined);
      } catch (error) {
        onConnection(error instanceof Error ? error.message : String(error));
        retryLater();
      }
      await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    } while (again);
    busy = false;
  };
  const connect = () => {
    source = new EventSource(traceId === undefined ? '/api/events' : `/api/events?trace=${traceId}`);
    source.addEventListener('ready', () => void run());
    source.addEventListener('changed', () => void run());
    source.addEventListener('error', () => {
      onConnection('Tektrace does not answer');
      // The browser connects again after a lost connection, but not after a refusal. The refresh says why it was refused.
      if (source?.readyState !== EventSource.CLOSED) return;
      void run();
      retryLater();
    });
  };
  const retryLater = () => {
    clearTimeout(retry);
    retry = window.setTimeout(() => {
      if (document.hidden) return;
      if (source?.readyState === EventSource.CLOSED) connect();
      else void run();
    }, RETRY_MS);
  };
  // A browser opens six connections to a host: pages in the background give theirs back.
  document.addEventListener('visibilitychange', () => {
    source?.close();
    if (!document.hidden) connect();
  });
  connect();
}
