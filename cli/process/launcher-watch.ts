import net from 'node:net';

/** Variable set by the launcher: the descriptor of a pipe that is open while the launcher runs. */
const PIPE_VARIABLE = 'TEKTRACE_LAUNCHER_PIPE';
/** Time between the first and the second SIGTERM, in milliseconds: a run may end orderly meanwhile. */
const GRACE_MS = 10_000;

/**
 * When the launcher has ended, for any reason, ends this process as SIGTERM does, and later as a second SIGTERM does. Does nothing without a
 * launcher.
 */
export function endWithLauncher(): void {
  const fd = process.env[PIPE_VARIABLE];
  delete process.env[PIPE_VARIABLE];
  if (fd === undefined) return;
  const pipe = new net.Socket({ fd: Number(fd), readable: true, writable: false });
  pipe.on('error', () => undefined); // `close` follows, which is what counts.
  pipe.once('close', () => {
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => process.kill(process.pid, 'SIGTERM'), GRACE_MS).unref();
  });
  pipe.resume();
  pipe.unref();
}
