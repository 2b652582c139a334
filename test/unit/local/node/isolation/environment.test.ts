import { spawnSync } from 'node:child_process';

import { expect, test } from '@jest/globals';

import { environmentScript, underEnvironment } from '../../../../../local/node/isolation/environment.ts';

test('a command has exactly the variables it is given, whatever a shell makes of their names', () => {
  const env = {
    PATH: '/usr/bin:/bin',
    quoted: `it's "two"\nlines $(id) \\`,
    empty: '',
    'db.password': "o'clock",
    UID: '7',
    PPID: 'x',
    OPTIND: 'x',
    IFS: 'a',
  };
  const print = 'process.stdout.write(JSON.stringify(process.env))';
  const [file = '', ...args] = underEnvironment([process.execPath, '-e', print]);
  const { stdout, stderr } = spawnSync(file, args, { input: environmentScript(env), env: {}, encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(env);
});
