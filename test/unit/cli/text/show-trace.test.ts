import { describe, expect, test } from '@jest/globals';

import { showWhole } from '../../../../cli/text/show-trace.ts';
import type { NamedTrace } from '../../../../cli/traces/named-trace.ts';
import { createTerminal } from '../../../../cli/text/terminal.ts';
import { fromService, spanId, TRACE_ID, type SpanInput } from '../../local/viewer/example-trace.ts';

function shown(service: string, spans: SpanInput[], named: Partial<NamedTrace> = {}): string {
  const written: string[] = [];
  const stream = { isTTY: false, columns: 100, write: (text: string) => void written.push(text) };
  const terminal = createTerminal(stream as unknown as NodeJS.WriteStream, { FORCE_COLOR: '1' });
  const trace = { resourceSpans: [fromService(service, spans)] };
  showWhole({ traceId: TRACE_ID, trace, ...named }, { terminal, isFull: false });
  return written.join('');
}
const run = (result: string): SpanInput[] => [
  {
    ...{ id: 'root', name: 'RUN a', from: 0, to: 100 },
    attributes: { 'cicd.pipeline.result': result, pipelinerun: 'a-1', namespace: 'ci' },
  },
];
const unfinished: SpanInput[] = [
  { id: 't', parent: 'root', name: 'task t', from: 0, to: 9, attributes: { pipelinerun: 'a-1', namespace: 'ci' } },
];
const [GREEN, RED] = ['32', '31'];

test.each([
  ['succeeded', run('success'), GREEN, 'Succeeded  ci/a-1'],
  ['failed', run('failure'), RED, 'Failed  ci/a-1'],
  ['was cancelled', run('cancellation'), RED, 'Cancelled  ci/a-1'],
  ['goes on', unfinished, GREEN, 'Not finished  ci/a-1'],
])('a run that %s says so below its trace', (_how, spans, color, heading) => {
  expect(shown('tekton-pipelines', spans)).toContain(`\x1b[${color}m${heading}\x1b[0m\n`);
});

test('the trace of another program has ended, and is no failure', () => {
  expect(shown('jest', [{ id: 'suite', name: 'suite', from: 0, to: 9 }])).toContain(
    `\x1b[${GREEN}mEnded  suite\x1b[0m\n`,
  );
});

describe('the failed step of a run', () => {
  const pod = { 'k8s.pod.name': 'a-1-t-pod', 'k8s.namespace.name': 'ci' };
  const spans: SpanInput[] = [
    ...run('failure').map((root) => ({ ...root, error: '' })),
    { id: 't', parent: 'root', name: 'task t', from: 0, to: 90, error: '', attributes: pod },
    {
      ...{ id: 's', parent: 't', name: 'step jest', from: 50, to: 90, error: 'exit code 1' },
      attributes: { 'k8s.container.name': 'step-jest', 'process.exit.code': 1 },
    },
  ];

  test('is shown with the last lines of its log where they could be read', () => {
    const text = shown('tekton-pipelines', spans, { logTails: new Map([[spanId('s'), ['expected 42', 'got 41']]]) });
    expect(text).toMatch(/ {2}t › jest: exit code 1\n.*│.* expected 42\n.*│.* got 41\n/);
    expect(text).not.toContain('kubectl logs');
  });

  test('is shown with the command for its log where its cluster is not known', () => {
    expect(shown('tekton-pipelines', spans, { isElsewhere: true })).toContain(
      'its log: kubectl logs -n ci a-1-t-pod -c step-jest',
    );
    expect(shown('tekton-pipelines', spans)).not.toContain('kubectl logs');
  });
});
