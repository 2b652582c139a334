// Runs a TypeScript file of this project on the Node that comes with the install: node test/node.cjs FILE [ARGUMENT]...
'use strict';
const { spawn } = require('child_process');
const path = require('path');

/** The Node that runs TypeScript sources: this one where it is new enough, else the install's. */
function bundledNode() {
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  const manifest = require.resolve(`node-${process.platform}-${process.arch}/package.json`);
  return path.join(path.dirname(manifest), 'bin', 'node');
}

module.exports = { bundledNode };

if (require.main === module) {
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(bundledNode(), [...flags, ...process.argv.slice(2)], { stdio: 'inherit' });
  // A terminal's Ctrl-C reaches the child itself; it ends in its own time.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => signal !== 'SIGINT' && child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}
