import { expect, test } from '@jest/globals';

import { keptOptions, mountsInside, readMounts } from '../../../../../local/node/isolation/mountinfo.ts';

const mounts = readMounts(`21 1 8:1 / / rw,relatime - ext4 /dev/vda rw
30 21 0:25 / /tmp rw,nosuid,nodev,relatime - tmpfs tmpfs rw
31 21 8:1 /x /etc/resolv\\040conf ro,relatime - ext4 /dev/vda rw
`);

test('mounts inside a directory are found, with their names decoded', () => {
  expect(mountsInside(mounts, '/etc').map(({ path }) => path)).toEqual(['/etc/resolv conf']);
  expect(mountsInside(mounts, '/tmp')).toEqual([]);
});

test('the options a bind must keep are those of the nearest mount', () => {
  expect(keptOptions(mounts, '/tmp/node/x')).toEqual(['nosuid', 'nodev']);
  expect(keptOptions(mounts, '/usr')).toEqual([]);
  expect(keptOptions(mounts, '/tmpfile')).toEqual([]);
});
