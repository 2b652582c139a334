import { expect, test } from '@jest/globals';

import { createRegion } from '../../../../cli/live/region.ts';

function open(columns = 20) {
  const written: string[] = [];
  const size = { columns };
  const stream = { write: (text: string) => void written.push(text) } as unknown as NodeJS.WriteStream;
  return { region: createRegion(stream, () => size.columns), written, size, stream };
}

test('is drawn over itself: the cursor goes up by its lines, and what is below is cleared', () => {
  const { region, written } = open();
  region.draw(['one', 'two']);
  region.draw(['three']);
  region.draw([]);
  expect(written).toEqual(['one\ntwo\n', '\r\x1b[2A\x1b[Jthree\n', '\r\x1b[1A\x1b[J']);
});

test('stays below everything else', () => {
  const { region, written, stream } = open();
  region.draw(['tree']);
  region.above(() => stream.write('a log line\n'));
  expect(written.slice(1)).toEqual(['\r\x1b[1A\x1b[J', 'a log line\n', 'tree\n']);
});

test('of a window that became narrower is cleared with the rows that it takes there', () => {
  const { region, written, size } = open(20);
  region.draw(['\x1b[31mtwelve chars\x1b[0m', 'x']);
  size.columns = 6;
  region.draw([]);
  expect(written.at(-1)).toBe('\r\x1b[3A\x1b[J');
});

test('that was never drawn writes nothing', () => {
  const { region, written, stream } = open();
  region.draw([]);
  region.above(() => stream.write('text\n'));
  expect(written).toEqual(['text\n']);
});
