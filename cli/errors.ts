import { withoutOpensslPlaces } from '../shared/runtime/openssl.ts';

/** An error that ends a command. It is printed without a stack; `exitCode` is the command's. */
export class CommandError extends Error {
  /** 1: the run failed; 2: the input can't be used. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 2) {
    super(message);
    this.name = 'CommandError';
    this.exitCode = exitCode;
  }
}

/** Explanations of the operating system's errors (errno(3)), with what to do if the user can do something. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'this user has no permission for it',
  EPERM: 'this user is not permitted to do that',
  EISDIR: 'this is a directory, not a file',
  ENOTDIR: 'a part of this path is a file, not a directory',
  ELOOP: 'its symbolic links form a loop',
  ENAMETOOLONG: 'the name is too long for a file',
  ENXIO: 'this is a socket or a device, not a file that can be opened',
  EMFILE: 'this process has reached its limit of open files: raise it with ulimit -n',
  ENFILE: 'this machine has reached its limit of open files: end other programs',
  EAGAIN: 'this machine can start no more processes: end other programs, or raise the limit with ulimit -u',
  ENOMEM: 'this machine has no memory left',
  ENOSPC: 'the disk is full: free some space',
  EDQUOT: 'this user’s quota of disk space is used up: free some space',
  EROFS: 'the file system is read-only',
  EFBIG: 'the file would be larger than this user or file system allows',
  EIO: 'the disk or the terminal failed',
  EADDRINUSE: 'another program listens there: choose another port, or 0 for any that is free',
  EADDRNOTAVAIL: 'this machine has no such address',
  ECONNREFUSED: 'nothing listens there: is it running, and is the port right?',
  ECONNRESET: 'the connection was cut',
  ETIMEDOUT: 'there was no answer in time',
  EHOSTUNREACH: 'that machine can’t be reached over the network',
  ENETUNREACH: 'that machine can’t be reached over the network',
  ENOTFOUND: 'there is no host with that name',
  EAI_AGAIN: 'the host’s name can’t be resolved now',
};

/** Codes of missing resources; they may be in the middle of a message. */
const LACKS = /\b(?:EMFILE|ENFILE|EAGAIN|ENOMEM|ENOSPC|EDQUOT|EROFS|EIO)\b/;

/** The message of a step or container. If it contains an error code of the machine, the explanation follows in parentheses. */
export function withAdvice(message: string): string {
  const [code = ''] = LACKS.exec(message) ?? [];
  return code === '' ? message : `${message} (${REASONS[code]})`;
}

interface SystemError {
  code?: string;
  syscall?: string;
  path?: string;
  address?: string;
  port?: number;
  hostname?: string;
}

/** The reason of a failure, without its file or address: the caller prints that first. */
export function reasonOf(error: unknown): string {
  const { code = '', syscall } = error as SystemError;
  if (code === 'EACCES' && syscall === 'listen') return 'ports below 1024 are for root: choose another port';
  if (code === 'ENOENT' && syscall === 'uv_cwd')
    return 'the directory in which this was started was removed: change to another one';
  const known = Object.hasOwn(REASONS, code) ? REASONS[code] : undefined;
  return known ?? withTlsAdvice(error instanceof Error ? error.message : String(error));
}

/** OpenSSL's message for an answer that is not TLS does not say so. */
function withTlsAdvice(message: string): string {
  const reason = withoutOpensslPlaces(message);
  return /wrong version number|packet length too long/i.test(reason) && !reason.includes('use http://')
    ? `${reason}: no TLS is spoken at this port: http:// instead of https://, or another port`
    : reason;
}

/** The file or address of an operating system's error. */
function subjectOf({ path, address, port, hostname }: SystemError): string | undefined {
  if (address !== undefined) return port === undefined ? address : `${address}:${port}`;
  return path ?? hostname;
}

const isKnown = (error: unknown): boolean => Object.hasOwn(REASONS, (error as SystemError | undefined)?.code ?? '');

/** One sentence for any error, with its file or address if it has one. If an operating system's error is its cause, the sentence is about the cause. */
export function sentence(error: unknown): string {
  const { cause } = error as { cause?: unknown };
  const system = !isKnown(error) && isKnown(cause) ? cause : error;
  const subject = isKnown(system) ? subjectOf(system as SystemError) : undefined;
  return subject === undefined ? reasonOf(error) : `${subject}: ${reasonOf(system)}`;
}
