import { spawnSync } from 'node:child_process';
import path from 'node:path';

import { expect, test } from '@jest/globals';

const module = path.resolve(import.meta.dirname, '../../../../../local/node/isolation/descriptors.ts');
const program = `
import { execFileSync } from 'node:child_process';
import { closeInheritedDescriptors } from ${JSON.stringify(module)};
const inherited = () => execFileSync('ls', ['/proc/self/fd'], { stdio: ['ignore', 'pipe', 'inherit'] }).toString().split(/\\s+/);
const before = inherited().includes('40');
closeInheritedDescriptors();
console.log(JSON.stringify([before, inherited().filter((name) => name !== '').length]));
`;

test('what the starter of this process left open is handed on to no program', () => {
  const stdio = Array.from({ length: 41 }, (_, fd) => (fd === 1 || fd === 2 ? 'pipe' : 'ignore')) as (
    'pipe' | 'ignore' | number
  )[];
  stdio[40] = 0;
  const { stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', program], {
    stdio,
    encoding: 'utf8',
  });
  // Of the second, ls itself opens one.
  expect([stdout, stderr]).toEqual(['[true,4]\n', '']);
});
