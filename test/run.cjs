// Runs the named suites (folders of test/, or files without `.test.ts`) under jest on the bundled Node, and ends with the line `N passed, N failed`.
'use strict';
const { spawnSync } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { bundledNode } = require('./node.cjs');

const root = path.resolve(__dirname, '..');
const suites = process.argv.slice(2).filter((arg) => !arg.startsWith('-'));
const flags = process.argv.slice(2).filter((arg) => arg.startsWith('-'));

// What a failed test leaves open, a server or a child process, must not keep the command from ending.
const LIMIT_MS = 60 * 60_000;

const out = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tektrace-test-')), 'result.json');
const jest = path.join(root, 'node_modules', 'jest', 'bin', 'jest.js');
const patterns = suites.map((suite) => `test/${suite}(/|\\.test\\.ts$)`);
const run = spawnSync(
  bundledNode(),
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--forceExit',
    '--json',
    `--outputFile=${out}`,
    ...flags,
    ...patterns,
  ],
  {
    cwd: root,
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: LIMIT_MS,
    killSignal: 'SIGKILL',
  },
);
let result;
try {
  result = JSON.parse(fs.readFileSync(out, 'utf8'));
} catch {
  console.error('jest wrote no result; it ended with', run.status, run.signal || '');
  process.exit(1);
}
fs.rmSync(path.dirname(out), { recursive: true, force: true });
const skipped = result.numPendingTests + result.numTodoTests;
const brokenSuites = result.numRuntimeErrorTestSuites;
const skipFails = process.env.CI === 'true' ? skipped : 0;
if (skipFails) console.error(`${skipped} skipped: with CI=true that is a failure`);
const failed = result.numFailedTests + brokenSuites + skipFails;
for (const file of result.testResults) {
  const name = path.relative(root, file.name);
  const tests = file.assertionResults.filter(({ status }) => status === 'failed');
  for (const { fullName } of tests) console.log(`failed: ${name}: ${fullName}`);
  if (file.status === 'failed' && tests.length === 0) console.log(`failed: ${name}: could not run`);
}
console.log(`${result.numPassedTests} passed, ${failed} failed${skipped && !skipFails ? `, ${skipped} skipped` : ''}`);
process.exit(failed > 0 || result.numPassedTests === 0 || run.status !== 0 ? 1 : 0);
