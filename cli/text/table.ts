import { displayWidth, fit } from '../waterfall/display-width.ts';

export interface Cell {
  text: string;
  paint?: (text: string) => string;
}

export interface Column {
  head: string;
  align: 'left' | 'right';
}

const GAP = 2;
const MIN_FIRST = 12;

/**
 * Lines of a table. Every column is as wide as its widest cell; where that is more than `width`, the first column is cut.
 * @param rows one cell per column each
 */
export function tableLines(
  columns: Column[],
  rows: Cell[][],
  { width, ellipsis, head }: { width: number; ellipsis: string; head: (text: string) => string },
): string[] {
  const widths = columns.map((column, index) =>
    Math.max(displayWidth(column.head), ...rows.map((row) => displayWidth(row[index]?.text ?? ''))),
  );
  const [first = 0, ...others] = widths;
  const room = width - others.reduce((sum, other) => sum + other + GAP, 0);
  widths[0] = Math.max(Math.min(first, room), Math.min(first, MIN_FIRST));
  const line = (cells: Cell[]): string =>
    cells
      .map(({ text, paint = String }, index) => {
        const space = widths[index] ?? 0;
        const isLast = index === cells.length - 1;
        const shown = displayWidth(text) > space ? fit(text, space, ellipsis) : text;
        const pad = ' '.repeat(Math.max(0, space - displayWidth(shown)));
        if (columns[index]?.align === 'right') return pad + paint(shown);
        return isLast ? paint(shown) : paint(shown) + pad;
      })
      .join(' '.repeat(GAP))
      .trimEnd();
  return [line(columns.map(({ head: text }) => ({ text, paint: head }))), ...rows.map(line)];
}
