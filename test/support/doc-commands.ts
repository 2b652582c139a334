import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { delimiter, join, resolve } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const project = resolve(import.meta.dirname, '../..');
const TIMEOUT_MS = 180_000;

/** The commands below a heading of a document, in their order: its indented lines, without the blocks that are YAML. */
export async function commandsBelow(document: string, heading: string): Promise<string[]> {
  const text = await readFile(join(project, document), 'utf8');
  const [, section] = new RegExp(`^#+ ${heading}\\n([^]*?)(?=^#+ |(?![^]))`, 'm').exec(text) ?? [];
  if (section === undefined) throw new Error(`${document} has no heading ${heading}`);
  const commands = section
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter((line) => /^ {4}(helm|kubectl|npm|docker) /.test(line))
    .map((line) => line.trim());
  if (commands.length === 0) throw new Error(`${document} has no command below ${heading}`);
  return commands;
}

/**
 * Runs a command of a document in the project's folder, as a shell does, with the peers' programs. `replaced`: what stands for a place that every user
 * replaces. Throws with what it wrote to standard error when it fails.
 */
export async function runCommand(
  command: string,
  { kubeconfigPath, replaced }: { kubeconfigPath: string; replaced: Record<string, string> },
): Promise<string> {
  const shown = Object.entries(replaced).reduce((text, [from, to]) => text.replaceAll(from, to), command);
  const PATH = [join(project, '.peers/bin'), process.env['PATH']].join(delimiter);
  const { stdout } = await run('sh', ['-c', shown], {
    cwd: project,
    env: { ...process.env, KUBECONFIG: kubeconfigPath, PATH },
    timeout: TIMEOUT_MS,
  });
  return stdout;
}
