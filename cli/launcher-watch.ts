import net from 'node:net';

/** Set by the launcher: the descriptor of a pipe that it holds open for as long as it runs. */
const PIPE_VARIABLE = 'TEKTRACE_LAUNCHER_PIPE';
/** How long a run has to end in its own time when nobody waits for it any more. */
const GRACE_MS = 10_000;

/**
 * Ends this process in an orderly way when the launcher is gone, however that ended: as after a first SIGTERM, and a second one later. Does
 * nothing where there is no launcher.
 */
export function endWithLauncher(): void {
  const fd = process.env[PIPE_VARIABLE];
  delete process.env[PIPE_VARIABLE];
  if (fd === undefined) return;
  const pipe = new net.Socket({ fd: Number(fd), readable: true, writable: false });
  pipe.on('error', () => undefined); // It is closed all the same, which is the news.
  pipe.once('close', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), GRACE_MS).unref();
  });
  pipe.resume();
  pipe.unref();
}
