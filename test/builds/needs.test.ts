import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { cli } from '../e2e/support/cli.ts';
import { isolations } from '../support/isolations.ts';

/** What builds take for granted: each is a command that succeeds in a container of any cluster. */
const needs: Record<string, string> = {
  'a user with a name': 'test -n "$(whoami)"',
  'a home to write and to run programs in': 'p=$HOME/p && echo "#!/bin/sh" > $p && chmod +x $p && $p',
  'a directory for temporary files, to write and to run programs in':
    'p=$(mktemp) && echo "#!/bin/sh" > $p && chmod +x $p && $p',
  'symbolic links, hard links and pipes with names': 'touch a && ln -s a b && ln a c && mkfifo d && test -p d',
  'locks of files': 'flock lock true',
  '10 000 files in a directory':
    'mkdir many && (cd many && seq 10000 | xargs touch) && test "$(ls many | wc -l)" = 10000',
  'descriptors by name': 'test "$(echo x | cat /dev/stdin /dev/fd/0)" = x',
  'process substitution': `bash -c 'test "$(cat <(echo x))" = x'`,
  'shared memory': 'test -w /dev/shm',
  'a variable of 100 kB': 'test "${#LARGE}" = 100000',
  'time zones': 'test "$(TZ=Asia/Tokyo date -d @0 +%H)" = 09',
  'text that is not ASCII': `test "$(python3 -c 'print(len("äöü✓"))')" = 4`,
  'names of files that are not ASCII': 'touch "ä ✓" && test -f "ä ✓"',
  'localhost by its name': `python3 -c 'import socket; s = socket.create_server(("localhost", 0)); socket.create_connection(("localhost", s.getsockname()[1]))'`,
  'a terminal made by the program': `python3 -c 'import os, pty; assert os.waitstatus_to_exitcode(pty.spawn(["tty"])) == 0'`,
  'memory that is shared and can be run': `python3 -c 'import mmap; mmap.mmap(-1, 4096, prot=7)'`,
  'pools of processes': `python3 -c 'import multiprocessing as m; assert m.Pool(2).map(abs, [-1]) == [1]'`,
  'a process that others talk to by a socket': `python3 -c 'import multiprocessing as m; d = m.Manager().dict(); d["a"] = 1'`,
  'threads of Node': `node -e 'new (require("worker_threads").Worker)("", { eval: true }).on("exit", process.exit)'`,
  'a process in the background': 'sleep 0.1 & wait $!',
};

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-builds-'));
});
afterAll(() => rm(directory, { recursive: true }));

test.each(isolations)('a step has what builds need in isolation %s', async (isolation) => {
  const script = Object.entries(needs).map(
    ([name, command]) => `(${command}) && echo "has: ${name}" || echo "lacks: ${name}"`,
  );
  const step = {
    name: 'look',
    image: 'x',
    workingDir: '$(workspaces.source.path)',
    env: [{ name: 'LARGE', value: 'x'.repeat(100_000) }],
    script: script.join('\n'),
  };
  const run = {
    apiVersion: 'tekton.dev/v1',
    kind: 'TaskRun',
    metadata: { generateName: 'needs-' },
    spec: {
      workspaces: [{ name: 'source', emptyDir: {} }],
      taskSpec: { workspaces: [{ name: 'source' }], steps: [step] },
    },
  };
  const file = path.join(directory, 'run.json');
  await writeFile(file, JSON.stringify(run));
  const { code, stdout } = await cli(['run', '-f', file, '--isolation', isolation]);
  const answers = [...stdout.matchAll(/ │ ((?:has|lacks): .*)$/gm)].map(([, answer]) => answer);
  expect(answers).toEqual(Object.keys(needs).map((name) => `has: ${name}`));
  expect(code).toBe(0);
});
