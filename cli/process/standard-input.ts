import { CommandError } from '../errors.ts';

/** The name that stands for standard input. */
export const STANDARD_INPUT = '-';

const MIB = 1024 * 1024;

/**
 * All of standard input. At a terminal a line says that it is read, and how it ends: nothing else would show that the command waits. Throws CommandError
 * if it is larger than `maxBytes`.
 */
export async function readStandardInput(
  maxBytes: number,
  stdin: AsyncIterable<Buffer | string> & { isTTY?: boolean } = process.stdin,
  say: (line: string) => void = (line) => void process.stderr.write(line),
): Promise<Buffer> {
  if (stdin.isTTY) say('tektrace: reading standard input: end it with Ctrl-D\n');
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    sizeBytes += bytes.length;
    if (sizeBytes > maxBytes) throw new CommandError(`standard input: is larger than ${maxBytes / MIB} MiB: split it`);
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
