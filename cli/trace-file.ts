import { randomUUID } from 'node:crypto';
import { lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { TracesData } from '../shared/otlp/types.ts';
import { CommandError, reasonOf } from './errors.ts';

export const STANDARD_OUTPUT = '-';

/** Whether `--trace-out` names this process's standard output, which then holds nothing else. */
export const isStandardOutput = (file: string): boolean => [STANDARD_OUTPUT, '/dev/stdout', '/dev/fd/1'].includes(file);

const isErrno = (error: unknown, ...codes: string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

/** A file beside `file`, that becomes it. */
const besideOf = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);

/** The file itself, where `file` is a symbolic link to one; `undefined` for what is no regular file: a pipe or a device is written as it is. */
async function target(file: string): Promise<string | undefined> {
  const found = await stat(file).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found?.isDirectory()) throw Object.assign(new Error('directory'), { code: 'EISDIR' });
  if (found) return found.isFile() ? realpath(file) : undefined;
  // A link to nothing yet: the file is made where it points.
  const isLink = await lstat(file).then(
    (own) => own.isSymbolicLink(),
    () => false,
  );
  return isLink ? undefined : file;
}

/** Tries what writing will need, and leaves nothing. */
async function tryOut(file: string): Promise<void> {
  const regular = await target(file);
  if (regular === undefined) {
    const found = await stat(path.dirname(file));
    if (!found.isDirectory()) throw Object.assign(new Error('no directory'), { code: 'ENOTDIR' });
    return;
  }
  const beside = besideOf(regular);
  try {
    await (await open(beside, 'wx')).close();
    await rm(beside);
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS')) throw error;
    // A single file that may be written in a directory that may not, as a container's mount: it is written in place.
    await (await open(regular, 'r+')).close();
  }
}

async function failure(file: string, error: unknown, exitCode: number): Promise<CommandError> {
  const directory = path.dirname(file);
  const isDirectoryMissing = isErrno(error, 'ENOENT') && !(await stat(directory).catch(() => undefined));
  // A directory that takes no file, such as /proc, may say that there is none.
  const isRefused = isErrno(error, 'ENOENT') && !isDirectoryMissing;
  const reason = isDirectoryMissing
    ? `there is no directory ${directory}: create it first`
    : reasonOf(isRefused ? { code: 'EACCES' } : error);
  return new CommandError(`--trace-out ${file}: ${reason}`, exitCode);
}

/** To be called before anything starts. Throws CommandError (exit 2) when the trace could not be written there. */
export async function checkTraceFile(file: string): Promise<void> {
  if (file === '') throw new CommandError('--trace-out: the name of the file is empty');
  if (isStandardOutput(file)) return;
  try {
    await tryOut(file);
  } catch (error) {
    throw await failure(file, error, 2);
  }
}

async function writeWhole(file: string, text: string): Promise<void> {
  const regular = await target(file);
  if (regular === undefined) return writeFile(file, text);
  const beside = besideOf(regular);
  try {
    const existing = await stat(regular).catch(() => undefined);
    await writeFile(beside, text, { flag: 'wx', ...(existing && { mode: existing.mode & 0o777 }) });
    await rename(beside, regular);
  } catch (error) {
    await rm(beside, { force: true });
    // The directory takes no new file, or the file is a mount of its own.
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'EBUSY')) throw error;
    await writeFile(regular, text);
  }
}

/** Writes to standard output and waits until it is taken: the process ends right after. A reader that went away has what it wanted. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error && !isErrno(error, 'EPIPE') ? reject(error) : resolve()));
  });
}

/**
 * The whole traces as one OTLP JSON document, in `file` (`-`: standard output). A regular file is there whole or not at all. Throws CommandError
 * (exit 1) when it can't be written.
 */
export async function writeTrace(file: string, traces: readonly TracesData[]): Promise<void> {
  const text = `${JSON.stringify({ resourceSpans: traces.flatMap((trace) => trace.resourceSpans) })}\n`;
  try {
    await (isStandardOutput(file) ? print(text) : writeWhole(file, text));
  } catch (error) {
    throw await failure(file, error, 1);
  }
}
