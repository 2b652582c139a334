import { expect, test } from '@jest/globals';

import { treeView } from '../../../../cli/live/view.ts';
import type { Run } from '../../../../cli/follow/follow-run.ts';
import { createTerminal } from '../../../../cli/text/terminal.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';

const run: Run = { kind: 'TaskRun', metadata: { name: 'r' }, spec: {} };

function open({ columns = 80 } = {}) {
  const written: string[] = [];
  let resize = (): void => undefined;
  const stream = {
    ...{ isTTY: true, columns, rows: 24, write: (text: string) => void written.push(text) },
    on: (_event: string, listener: () => void) => void (resize = listener),
    removeListener: () => undefined,
  } as unknown as NodeJS.WriteStream;
  const terminal = createTerminal(stream, { NO_COLOR: '1', TERM: 'xterm' });
  if (!terminal.live) throw new Error('a terminal that is not dumb can draw again');
  const view = treeView(run, terminal, terminal.live);
  /** What stays on the screen: lines of logs have a bar after task and step. */
  const kept = (): string[] => written.filter((text) => /^ {2}r \w+ │/.test(text) || text.includes('left out'));
  /** The tree as it is drawn when the window changes. */
  const drawn = (): string => {
    resize();
    return written.at(-1) ?? '';
  };
  return { view, kept, drawn };
}

function pod(exits: (number | undefined)[]): Pod {
  const name = (index: number): string => `step-s${index}`;
  return {
    metadata: { name: 'p', uid: 'p', labels: { 'tekton.dev/taskRun': 'r' } },
    spec: { containers: exits.map((_exit, index) => ({ name: name(index) })) },
    status: {
      containerStatuses: exits.map((exitCode, index) => ({
        name: name(index),
        state: exitCode === undefined ? { running: {} } : { terminated: { exitCode } },
      })),
    },
  };
}
const line = (step: string, text: string) => ({ pod: 'p', task: 'r', step, text });

test('the lines of a step stay if it failed, whether its end or the end of its log is known first', () => {
  const { view, kept } = open();
  view.podChanged(pod([undefined, undefined]));
  void view.line(line('s0', 'well'));
  view.end('p', 'r', 's0');
  view.podChanged(pod([0, undefined]));
  void view.line(line('s1', 'one'));
  view.podChanged(pod([0, 3]));
  void view.line(line('s1', '\x1b[1;32mtwo\x1b[0m'));
  expect(kept()).toEqual([]);
  view.end('p', 'r', 's1');
  expect(kept()).toEqual(['  r s1 │ one\n', '  r s1 │ two\n']);
  view.close();
});

test('so do those of a step whose end nobody saw', () => {
  const { view, kept } = open();
  view.podChanged(pod([undefined]));
  void view.line(line('s0', 'still here'));
  view.close();
  expect(kept()).toEqual(['  r s0 │ still here\n']);
});

test('of very many lines the last ones are kept, and the others counted', () => {
  const { view, kept } = open();
  for (let index = 0; index < 1000; index += 1) void view.line(line('s0', `line ${index}`));
  view.end('p', 'r', 's0');
  view.podChanged(pod([1]));
  view.close();
  expect(kept()).toHaveLength(201);
  expect(kept()[0]).toContain('800 lines of r s0 left out: --progress plain prints all');
  expect(kept().at(-1)).toBe('  r s0 │ line 999\n');
});

test('a progress bar is drawn before its line is complete, and its states are kept once', () => {
  const { view, kept, drawn } = open();
  view.podChanged(pod([undefined]));
  void view.line(line('s0', 'begins'));
  expect(drawn()).toContain('│ begins');
  view.rest(line('s0', '\rload  10 %'));
  view.rest(line('s0', '\rload  10 %\rload  20 %'));
  expect(drawn()).toContain('│ load  20 %');
  void view.line(line('s0', '\rload  10 %\rload  20 %\rload 100 %'));
  view.end('p', 'r', 's0');
  view.podChanged(pod([1]));
  view.close();
  expect(kept()).toEqual(['  r s0 │ begins\n', '  r s0 │ load 100 %\n']);
});

test('in a narrow window the line about what is left out is broken at its words', () => {
  const { view, kept } = open({ columns: 40 });
  for (let index = 0; index < 201; index += 1) void view.line(line('s0', 'x'));
  view.end('p', 'r', 's0');
  view.podChanged(pod([1]));
  view.close();
  expect(kept()[0]).toBe('  1 line of r s0 left out: --progress\n');
});
