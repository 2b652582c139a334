// To be run after each `npm install`: adds the lock entries of optional platform packages that the registry at hand does not serve, because
// npm ci refuses a lock file without them. They carry os and cpu, so that npm skips them elsewhere, and no integrity.
'use strict';
const fs = require('fs');
const file = 'package-lock.json';
const lock = JSON.parse(fs.readFileSync(file, 'utf8'));
const { packages } = lock;
const find = (from, name) => {
  for (let at = from; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const path = (at ? at + '/' : '') + 'node_modules/' + name;
    if (packages[path]) return path;
    if (!at) return undefined;
  }
};
let added = 0;
for (const [path, entry] of Object.entries(packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (find(path, name)) continue;
    const m = /-(darwin|linux|win32|android|freebsd|openharmony|sunos|aix)-([a-z0-9]+)(?:-([a-z]+))?$/.exec(name);
    if (!m || !/^\d/.test(version)) {
      console.log('skipped', name, version);
      continue;
    }
    const siblings = Object.entries(entry.optionalDependencies)
      .map(([n]) => packages[find(path, n) ?? ''])
      .filter(Boolean);
    const stub = { version, cpu: [m[2]] };
    if (entry.dev) stub.dev = true;
    if (m[3] === 'gnu' || m[3] === 'gnueabihf') stub.libc = ['glibc'];
    if (m[3] === 'musl' || m[3] === 'musleabihf') stub.libc = ['musl'];
    if (siblings[0]?.license) stub.license = siblings[0].license;
    stub.optional = true;
    stub.os = [m[1]];
    if (siblings[0]?.engines) stub.engines = siblings[0].engines;
    packages['node_modules/' + name] = stub;
    added++;
  }
}
lock.packages = Object.fromEntries(Object.entries(packages).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
fs.writeFileSync(file, JSON.stringify(lock, null, 2) + '\n');
console.log('added', added);
