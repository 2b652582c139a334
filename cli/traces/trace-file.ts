import { randomUUID } from 'node:crypto';
import { lstat, open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';

import type { TracesData } from '../../shared/otlp/types.ts';
import { CommandError, reasonOf } from '../errors.ts';

const STANDARD_OUTPUT = '-';

/** Whether `--trace-out` is standard output, which then has nothing else. */
export const isStandardOutput = (file: string): boolean => [STANDARD_OUTPUT, '/dev/stdout', '/dev/fd/1'].includes(file);

const isErrno = (error: unknown, ...codes: string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

/** A temporary file beside `file`; it is renamed to `file`. */
const besideOf = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.${randomUUID()}.tmp`);

/** The target of a symbolic link, else `file`. Undefined for a pipe or device, which is written directly. */
async function target(file: string): Promise<string | undefined> {
  const found = await stat(file).catch((error: unknown) => {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  });
  if (found?.isDirectory()) throw Object.assign(new Error('directory'), { code: 'EISDIR' });
  if (found) return found.isFile() ? realpath(file) : undefined;
  // The link's target does not exist yet: the file is created there.
  const isLink = await lstat(file).then(
    (own) => own.isSymbolicLink(),
    () => false,
  );
  return isLink ? undefined : file;
}

/** Tries to write, and leaves no file. */
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
    // The file is writable but its directory is not, like a file mounted into a container: it is written in place.
    await (await open(regular, 'r+')).close();
  }
}

async function failure(file: string, error: unknown, exitCode: number): Promise<CommandError> {
  const directory = path.dirname(file);
  const isDirectoryMissing = isErrno(error, 'ENOENT') && !(await stat(directory).catch(() => undefined));
  // A directory that takes no files, such as /proc, may report ENOENT.
  const isRefused = isErrno(error, 'ENOENT') && !isDirectoryMissing;
  const reason = isDirectoryMissing
    ? `there is no directory ${directory}: create it first`
    : reasonOf(isRefused ? { code: 'EACCES' } : error);
  return new CommandError(`--trace-out ${file}: ${reason}`, exitCode);
}

/** To be called before anything starts. Throws CommandError (exit 2) if the trace can't be written there. */
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
    // The directory takes no new file, or the file is a mount.
    if (!isErrno(error, 'EACCES', 'EPERM', 'EROFS', 'EBUSY')) throw error;
    await writeFile(regular, text);
  }
}

/** Writes to standard output and waits until it was read, because the process ends next. A closed reader is no error. */
function print(text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(text, (error) => (error && !isErrno(error, 'EPIPE') ? reject(error) : resolve()));
  });
}

/**
 * Writes the whole traces as one OTLP JSON document to `file` (`-`: standard output). A regular file is written completely or not at all. Throws
 * CommandError (exit 1) if it can't be written.
 */
export async function writeTrace(file: string, traces: readonly TracesData[]): Promise<void> {
  const text = `${JSON.stringify({ resourceSpans: traces.flatMap((trace) => trace.resourceSpans) })}\n`;
  try {
    await (isStandardOutput(file) ? print(text) : writeWhole(file, text));
  } catch (error) {
    throw await failure(file, error, 1);
  }
}
