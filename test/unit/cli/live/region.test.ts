import { expect, test } from '@jest/globals';

import { createRegion } from '../../../../cli/live/region.ts';

function open(columns = 20) {
  const written: string[] = [];
  const size = { columns };
  const stream = { write: (text: string) => void written.push(text) } as unknown as NodeJS.WriteStream;
  return { region: createRegion(stream, () => size.columns), written, size, stream };
}

/** Up by so many rows, each of which is cleared: without a clearing of the screen, which would fill the history of tmux. */
const cleared = (rows: number): string => `\r${'\x1b[1A\x1b[2K'.repeat(rows)}`;

test('is drawn over itself: the cursor goes up by its lines, which are cleared', () => {
  const { region, written } = open();
  region.draw(['one', 'two']);
  region.draw(['three']);
  region.draw([]);
  expect(written).toEqual(['one\ntwo\n', `${cleared(2)}three\n`, cleared(1)]);
});

test('stays below everything else', () => {
  const { region, written, stream } = open();
  region.draw(['tree']);
  region.above(() => stream.write('a log line\n'));
  expect(written.slice(1)).toEqual([cleared(1), 'a log line\n', 'tree\n']);
});

test('of a window that became narrower is cleared with the rows that it takes there', () => {
  const { region, written, size } = open(20);
  region.draw(['\x1b[31mtwelve chars\x1b[0m', 'x']);
  size.columns = 6;
  region.draw([]);
  expect(written.at(-1)).toBe(cleared(3));
});

test('that was never drawn writes nothing', () => {
  const { region, written, stream } = open();
  region.draw([]);
  region.above(() => stream.write('text\n'));
  expect(written).toEqual(['text\n']);
});
