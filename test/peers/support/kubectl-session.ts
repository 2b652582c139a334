import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { peerProgram } from './binaries.ts';

export interface Answer {
  command: string;
  exitCode: number;
  stdout: string;
  stderr: string;
}

export interface Session {
  name: string;
  /** One command line of kubectl an entry, without the program's name; `DIR/x` names a file of `files`. */
  commands: string[];
  files?: Record<string, object>;
  /** What `kubectl edit` runs on the file. */
  editor?: string;
}

/** What differs from server to server and from second to second. */
const variable: [RegExp, string][] = [
  [/https:\/\/127\.0\.0\.1:\d+/g, 'SERVER'],
  [/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID'],
  [/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME'],
  [/\b\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}/g, 'TIME'],
  [/\b(?:\d+m)?\d+m?s\b/g, 'AGE'],
  [/(build-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, '$1RANDOM'],
  [/(resourceVersion"?: ?)"\d+"/g, '$1VERSION'],
  [/(Resource Version: +)\d+/g, '$1VERSION'],
  [/\/tmp\/(LIVE|MERGED)-\d+/g, '$1'],
  [/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [+-]\d{4}/g, 'TIME'],
  [/[ \t]+/g, ' '],
];

/** managedFields are in the order of their whole seconds, which are others on every server: an object's are put in order by manager. */
function ordered(text: string): string {
  if (!text.startsWith('{')) return text;
  const object = JSON.parse(text) as { metadata?: { managedFields?: { time?: string }[] } };
  const key = ({ time: _time, ...entry }: { time?: string }): string => JSON.stringify(entry);
  object.metadata?.managedFields?.sort((a, b) => (key(a) < key(b) ? -1 : 1));
  return JSON.stringify(object, null, 4);
}

const comparable = (text: string, dir: string): string =>
  variable.reduce((result, [pattern, word]) => result.replace(pattern, word), ordered(text).replaceAll(dir, 'DIR'));

function kubectl(
  home: string,
  kubeconfig: string,
  namespace: string,
  args: string[],
  editor = 'false',
): Promise<Omit<Answer, 'command'>> {
  const all = ['--kubeconfig', kubeconfig, '--cache-dir', join(home, 'cache'), '--namespace', namespace, ...args];
  return new Promise((resolve) => {
    execFile(
      peerProgram('kubectl-1.35'),
      all,
      { timeout: 60_000, env: { ...process.env, HOME: home, KUBE_EDITOR: editor } },
      (error, stdout, stderr) => resolve({ exitCode: error === null ? 0 : Number(error.code ?? -1), stdout, stderr }),
    );
  });
}

/** Runs a session's commands one after another in a namespace of its own, and gives what kubectl said, fit for a comparison. */
export async function runSession(kubeconfigPath: string, namespace: string, session: Session): Promise<Answer[]> {
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-kubectl-'));
  try {
    const files = join(directory, 'files');
    await mkdir(files);
    for (const [name, object] of Object.entries(session.files ?? {}))
      await writeFile(join(files, name), JSON.stringify(object));
    const own = join(directory, 'namespace.json');
    await writeFile(own, JSON.stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }));
    const made = await kubectl(directory, kubeconfigPath, 'default', ['create', '-f', own]);
    if (made.exitCode !== 0) throw new Error(`namespace ${namespace}: ${made.stderr}`);
    const answers: Answer[] = [];
    for (const command of session.commands) {
      const args = (command.match(/'[^']*'|\S+/g) ?? []).map((arg) =>
        arg.replaceAll(/^'|'$/g, '').replaceAll('DIR', files),
      );
      const { exitCode, stdout, stderr } = await kubectl(directory, kubeconfigPath, namespace, args, session.editor);
      answers.push({ command, exitCode, stdout: comparable(stdout, files), stderr: comparable(stderr, files) });
    }
    return answers;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
