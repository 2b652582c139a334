/** What one run of an example must have shown. */
export interface ExpectedBuild {
  file: string;
  code: 0 | 1;
  results: Record<string, string | RegExp>;
  /** Whole lines of steps' output, as the terminal shows them, that only a build that happened writes: `TASK STEP │ LINE`. */
  lines: (string | RegExp)[];
  /** All spans of tasks, attempts, sidecars and steps by their place; `!` before a name says that the span ended in an error, `-` that it was skipped. */
  spans: string[];
}

/** A task and its steps. */
const task = (name: string, ...steps: string[]): string[] => [
  name,
  ...steps.map((step) => step.replace(/^[!-]?/, (mark) => `${mark}${name.replace(/^[!-]/, '')}/`)),
];

const COMMIT = /^[0-9a-f]{40}$/;

export const builds: ExpectedBuild[] = [
  {
    file: 'build-and-test.yaml',
    code: 0,
    results: { 'tests-passed': '6', 'archive-digest': /^[0-9a-f]{64}$/ },
    lines: ['lint check │ checking api.txt', 'package archive │ packing 1200 lines, 6 tests'],
    spans: [
      ...task('lint', 'generate', 'check'),
      ...task('unit-test', 'run'),
      ...task('package', 'archive', 'digest'),
      ...task('report', 'print'),
    ],
  },
  {
    file: 'git.yaml',
    code: 0,
    results: { commit: COMMIT, tags: 'refs/tags/v1.2.0' },
    lines: [
      "clone clone │ Cloning into 'source'...",
      /^clone clone │ [0-9a-f]{7,} First shopping list$/,
      'clone test │ ok: two things to buy',
      /^tag push │ .*\[new tag\] +v1\.2\.0 -> v1\.2\.0$/,
    ],
    spans: [...task('origin', 'create'), ...task('clone', 'clone', 'test'), ...task('tag', 'push')],
  },
  {
    file: 'npm.yaml',
    code: 0,
    results: { tests: '3', archive: 'roman-0.3.0.tgz' },
    lines: ['test test │ > roman@0.3.0 test', 'test test │ ok 3 - 29 is XXIX', 'pack pack │ package/roman.js'],
    spans: [...task('test', 'write', 'install', 'test'), ...task('pack', 'pack')],
  },
  {
    file: 'go.yaml',
    code: 0,
    results: { output: 'map[a:2 is:1 rose:2]' },
    lines: [
      /^build test │ --- PASS: TestCount \(/,
      /^build test │ ok\s+example\.com\/words\/words\s/,
      'build build │ map[a:2 is:1 rose:2]',
    ],
    spans: [...task('build', 'write', 'test', 'build')],
  },
  {
    file: 'go-matrix.yaml',
    code: 0,
    results: { passed: '6' },
    lines: [
      /^test-words test │ --- PASS: TestSome \(/,
      /^test-gcd-purego test │ ok\s+example\.com\/kit\/gcd\s/,
      'build-arm64 build │ the packages compile for arm64',
      'gather count │ gcd-default: 1 passed, 0 failed',
      'gather count │ words-purego: 2 passed, 0 failed',
    ],
    spans: [
      ...task('vet', 'write', 'vet'),
      ...task('test-words', 'test'),
      ...task('test-words-purego', 'test'),
      ...task('test-gcd', 'test'),
      ...task('test-gcd-purego', 'test'),
      ...task('build-amd64', 'build'),
      ...task('build-arm64', 'build'),
      ...task('gather', 'count'),
    ],
  },
  {
    file: 'python.yaml',
    code: 0,
    results: { ran: '3', slowest: 'test_many' },
    lines: [
      /^test unittest │ Ran 3 tests in /,
      'test unittest │ OK',
      /^slowest read │ the slowest of 3 tests is test_many: /,
    ],
    spans: [...task('test', 'unittest'), ...task('slowest', 'read')],
  },
  {
    file: 'make.yaml',
    code: 0,
    results: { bytes: /^\d{4,}$/ },
    lines: [
      /^compile make │ cc .*-c -o gcd\.o gcd\.c$/,
      'check check │ ok: 2 checks',
      /^symbols nm │ [0-9a-f]+ T gcd$/,
    ],
    spans: [...task('compile', 'write', 'make'), ...task('check', 'check'), ...task('symbols', 'nm')],
  },
  {
    file: 'monorepo.yaml',
    code: 0,
    results: { changed: '["api","docs"]' },
    lines: [
      'changes list │ changed: api docs',
      'integration test │ ok 1 api and web work together',
      'summary print │ api: Succeeded, web: None',
    ],
    spans: [
      ...task('changes', 'list'),
      ...task('test-api', 'test'),
      ...task('-test-web'),
      ...task('integration', 'test'),
      ...task('summary', 'print'),
    ],
  },
  {
    file: 'fan-out.yaml',
    code: 0,
    results: { total: '45675864' },
    lines: [
      'part-1 sum │ 1229 primes',
      'part-2 sum │ 1033 primes',
      'part-3 sum │ 983 primes',
      'gather add │ the sum of all is 45675864',
    ],
    spans: [
      ...task('plan', 'split'),
      ...task('part-1', 'sum'),
      ...task('part-2', 'sum'),
      ...task('part-3', 'sum'),
      ...task('gather', 'add'),
    ],
  },
  {
    file: 'deploy-fails.yaml',
    code: 1,
    results: {},
    lines: [
      'deploy wait │ deploy: shop is not ready: image pull failed',
      'roll-back undo │ rolled back to the version before',
      'report print │ build: Succeeded',
      'report print │ deploy: Failed',
      'report print │ smoke-test: None',
      'report print │ all: Failed',
    ],
    spans: [
      ...task('build', 'build'),
      ...task('!deploy', 'apply', '!wait'),
      ...task('-smoke-test'),
      ...task('roll-back', 'undo'),
      ...task('report', 'print'),
    ],
  },
  {
    file: 'flaky.yaml',
    code: 0,
    results: { attempts: '3' },
    lines: [
      'test connect │ attempt 1: the server hung up',
      'test connect │ attempt 2: the server hung up',
      'test connect │ attempt 3: the server answered',
    ],
    spans: [
      'test',
      '!test/attempt 1',
      '!test/attempt 1/connect',
      '!test/attempt 2',
      '!test/attempt 2/connect',
      'test/attempt 3',
      'test/attempt 3/connect',
    ],
  },
  {
    file: 'server-in-sidecar.yaml',
    code: 0,
    results: { apples: '12' },
    lines: [/ client │ there are 12 apples, and no plums$/],
    spans: ['sidecar stock', 'client'],
  },
  {
    file: 'database-in-sidecar.yaml',
    code: 0,
    results: { winner: 'grace' },
    lines: [/ seed │ seeded: 5 keys$/, / test │ ok: the best is the first$/],
    spans: ['sidecar redis', 'seed', 'test'],
  },
  {
    file: 'spans-in-steps.yaml',
    code: 0,
    results: {},
    lines: [/ compile │ 6 spans sent: 200$/],
    spans: ['compile', 'test'],
  },
  {
    file: 'spans-of-tests.yaml',
    code: 0,
    results: {},
    lines: [/ test │ 5 spans sent: 200$/],
    spans: ['test'],
  },
  {
    file: 'task-missing.yaml',
    code: 1,
    results: {},
    lines: [/Couldn't retrieve Task "publish-image"/],
    spans: [],
  },
  {
    file: 'sixty-tasks.yaml',
    code: 0,
    results: {},
    lines: [/ run │ shard 1 of 60 passed$/, / run │ shard 60 of 60 passed$/],
    spans: Array.from({ length: 60 }, (_, index) => task(`shard-${String(index + 1).padStart(2, '0')}`, 'run')).flat(),
  },
  {
    file: 'failing.yaml',
    code: 1,
    results: {},
    lines: ['test fail │ expected 4, got 5', 'report print │ test ended as Failed'],
    spans: [...task('!test', 'prepare', '!fail', '-publish'), ...task('-deploy'), ...task('report', 'print')],
  },
];
