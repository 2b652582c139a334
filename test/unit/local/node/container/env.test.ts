import { expect, test } from '@jest/globals';

import { searchPath } from '../../../../../local/node/container/env.ts';

const RUNTIME = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

test.each([
  ['nothing', undefined, ''],
  ['what is there already', '/usr/bin:/bin', ''],
  ['a language of the machine', '/usr/local/go/bin:/usr/bin:/opt/jdk/bin', ':/usr/local/go/bin:/opt/jdk/bin'],
  ['one twice', '/opt/jdk/bin:/opt/jdk/bin', ':/opt/jdk/bin'],
  ['homes and volumes', '/root/.cargo/bin:/home/me/bin:/srv/bin:/tmp', ''],
  ['what leads out of the machine’s directories', '/usr/../root/bin:/opt/jdk/bin/', ''],
  ['relative ones, empty ones', '::.:bin:usr/bin', ''],
  ['npm’s own', '/opt/app/node_modules/.bin:/usr/lib/node_modules/npm/bin/node-gyp-bin', ''],
])('PATH of containers, with %s in that of this process', (_what, own, added) => {
  expect(searchPath(own)).toBe(RUNTIME + added);
});
