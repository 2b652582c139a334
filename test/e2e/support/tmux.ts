import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const hasTmux = spawnSync('tmux', ['-V']).status === 0;

export interface Session {
  /** What the terminal shows, with what has scrolled out of it. */
  screen(): Promise<string>;
  /** The rows that are on the screen now. */
  visible(): Promise<string[]>;
  resize(columns: number, rows: number): Promise<void>;
  /** Types keys, by tmux' names: `C-c`. */
  press(...keys: string[]): Promise<void>;
  close(): Promise<void>;
}

/** Runs a command in a terminal of its own, by a tmux server of its own. The terminal stays when the command has ended. */
export async function startSession(
  command: string,
  { columns, rows, env }: { columns: number; rows: number; env: Record<string, string> },
): Promise<Session> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'tektrace-tmux-'));
  const socket = path.join(directory, 'socket');
  const tmux = async (...args: string[]): Promise<string> =>
    (await run('tmux', ['-S', socket, '-f', '/dev/null', ...args], { env: { ...process.env, LC_ALL: 'C.UTF-8' } }))
      .stdout;
  const assignments = Object.entries(env).map(([name, value]) => `${name}='${value}'`);
  await tmux(
    ...['new-session', '-d', '-s', 'main', '-x', String(columns), '-y', String(rows)],
    `env ${assignments.join(' ')} ${command}; echo "[ended with $?]"; exec sleep 1000`,
  );
  return {
    screen: () => tmux('capture-pane', '-p', '-t', 'main', '-S', '-1000'),
    visible: async () => (await tmux('capture-pane', '-p', '-t', 'main')).trimEnd().split('\n'),
    resize: async (width, height) =>
      void (await tmux('resize-window', '-t', 'main', '-x', String(width), '-y', String(height))),
    press: async (...keys) => void (await tmux('send-keys', '-t', 'main', ...keys)),
    close: async () => {
      await tmux('kill-server');
      await rm(directory, { recursive: true });
    },
  };
}
