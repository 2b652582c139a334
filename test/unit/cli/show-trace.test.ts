import { expect, test } from '@jest/globals';

import { showWhole } from '../../../cli/show-trace.ts';
import { createTerminal } from '../../../cli/terminal.ts';
import { fromService, type SpanInput } from '../local/viewer/example-trace.ts';

function shown(service: string, spans: SpanInput[]): string {
  const written: string[] = [];
  const stream = { isTTY: false, columns: 100, write: (text: string) => void written.push(text) };
  const terminal = createTerminal(stream as unknown as NodeJS.WriteStream, { FORCE_COLOR: '1' });
  showWhole({ resourceSpans: [fromService(service, spans)] }, undefined, { terminal, isFull: false });
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
