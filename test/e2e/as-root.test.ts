import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { isolations } from '../support/isolations.ts';

/** Becomes root of a user namespace, which need not be one of the machine, and may make no namespaces. */
const WITHOUT_NAMESPACES = [
  ...['unshare', '--user', '--map-root-user', '--', 'sh', '-c'],
  'echo 0 > /proc/sys/user/max_user_namespaces; exec setpriv --bounding-set -sys_admin --inh-caps -sys_admin -- "$@"',
  'as-root',
];

/**
 * Root with an /etc that is a copy: what is written there is gone at the end. What is left there of a run is printed.
 * `--no-mtab`: an ordinary user can't write to /run/mount, which mount reports as a failure after it has moved the mount.
 */
const WITH_ETC_OF_ITS_OWN = [
  ...['unshare', '--user', '--map-root-user', '--mount', '--', 'sh', '-c'],
  `mount -t tmpfs etc /mnt && cp -r /etc/. /mnt 2>/dev/null; mount --no-mtab --move /mnt /etc || exit 99
"$@"
code=$?
echo "in /etc: $(cat /etc/written-by-a-step 2>/dev/null)"
exit $code`,
  'own-etc',
];

const isRoot = process.getuid?.() === 0;

/** What makes a command root where namespaces do not work: nothing where the tests are that already. */
const asRoot = isRoot && !isolations.includes('namespaces') ? [] : WITHOUT_NAMESPACES;

function works(within: string[]): boolean {
  const [program = '', ...args] = [...within, 'true'];
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}

let directory: string;
let file: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(tmpdir(), 'test-as-root-'));
  file = path.join(directory, 'run.yaml');
  fs.writeFileSync(
    file,
    `apiVersion: tekton.dev/v1
kind: TaskRun
metadata: {generateName: writes-}
spec: {taskSpec: {steps: [{name: s, image: i, script: 'echo a step > /etc/written-by-a-step'}]}}
`,
  );
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

async function run(within: string[], args: string[]): Promise<{ code: number | null; said: string }> {
  const [program = '', ...rest] = [...within, process.execPath, '--disable-warning=ExperimentalWarning', 'cli/main.ts'];
  const env = { PATH: process.env.PATH, HOME: '/', LANG: 'C.UTF-8', TMPDIR: directory };
  const child = spawn(program, [...rest, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (said += data.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  expect(fs.readdirSync(directory)).toEqual(['run.yaml']);
  return { code, said };
}

const testRefusal = works(asRoot) ? test : test.skip;
testRefusal(
  'where namespaces do not work root gets plain isolation only by its name: else nothing starts, and the command that does it is given',
  async () => {
    const refused = await run(asRoot, ['run', '-f', file]);
    expect(refused).toEqual({
      code: 2,
      said: expect.stringMatching(/namespaces do not work here .*can change any file of this machine/),
    });
    expect(refused.said).not.toContain('TaskRun default/');
    const [, command = ''] = /\n.*, run: tektrace (.+)\n/.exec(refused.said) ?? [];
    expect(command).toBe(`run -f ${file} --isolation plain`);

    const taken = await run(asRoot, command.replace(file, 'examples/build-and-test.yaml').split(' '));
    expect(taken.said).toContain('steps run without isolation: they are root and can change any file of this machine');
    expect(taken.said).toContain('Succeeded');
    expect(taken.code).toBe(0);
  },
);

const testEtc = works(WITH_ETC_OF_ITS_OWN) ? test : test.skip;
testEtc.each(isolations)('a step of root that writes to /etc, with isolation %s', async (isolation) => {
  const { code, said } = await run(WITH_ETC_OF_ITS_OWN, ['run', '--isolation', isolation, '-f', file]);
  if (isolation === 'plain') {
    expect(said).toContain('they are root and can change any file of this machine');
    expect(said).toContain('in /etc: a step\n');
    expect(code).toBe(0);
  } else {
    expect(said).toContain('Read-only file system');
    expect(said).toContain('in /etc: \n');
    expect(code).toBe(1);
  }
});
