import type { Category, Result } from '../classify.ts';
import { formatDuration } from '../duration.ts';
import type { WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';

const WIDTH = 1200;
const NAME = 330;
const DURATION = 80;
const MARGIN = 16;
const ROW = 22;
const HEAD = 84;
const BAR_LEFT = MARGIN + NAME + DURATION + 14;
const BAR_WIDTH = WIDTH - MARGIN - BAR_LEFT;
/** The mean width of a character at 13 px. */
const CHARACTER = 6.8;
const MAX_TICKS = 8;

const COLOURS: Record<Result, string> = {
  success: '#4d9a79',
  failure: '#cc4a5a',
  error: '#d06a34',
  timeout: '#8b62bd',
  cancellation: '#bf8e2f',
  skip: '#9a9ea6',
  running: '#4a7ed6',
  none: '#7d97b8',
};

const OPACITY: Partial<Record<Category, number>> = { run: 0.42, attempt: 0.42, task: 0.66, custom: 0.66 };

const ESCAPES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text of anyone in XML: escaped, without the characters that XML 1.0 does not have. */
function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? character);
}

/** The text, cut where it would be wider than `px`. */
function cut(text: string, px: number): string {
  const characters = [...text.replace(/\s+/g, ' ')];
  const room = Math.max(1, Math.floor(px / CHARACTER));
  return characters.length <= room ? characters.join('') : `${characters.slice(0, room - 1).join('')}…`;
}

const number = (value: number): string => String(Math.round(value * 100) / 100);

function text(x: number, y: number, content: string, more = ''): string {
  return `<text x="${number(x)}" y="${number(y)}"${more}>${escaped(content)}</text>`;
}

function rowSvg(row: WaterfallRow, index: number, totalMs: number): string {
  const y = HEAD + index * ROW;
  const base = y + 15;
  const indent = row.depth * 14;
  const scale = totalMs > 0 ? BAR_WIDTH / totalMs : 0;
  const isWait = row.category === 'wait';
  const height = isWait || row.category === 'init' ? 6 : 10;
  const colour = isWait && (row.result === 'none' || row.result === 'success') ? '#b4b5b3' : COLOURS[row.result];
  const bar = [
    `x="${number(BAR_LEFT + row.offsetMs * scale)}" y="${number(y + (ROW - height) / 2)}"`,
    `width="${number(Math.max(1.5, row.durationMs * scale))}" height="${height}" rx="2" fill="${colour}"`,
    `opacity="${OPACITY[row.category] ?? 1}"`,
  ].join(' ');
  const weight = row.category === 'run' || row.category === 'task' ? ' font-weight="600"' : '';
  const quiet = isWait || row.result === 'skip' ? ' fill="#666d78"' : '';
  const title = row.problem === undefined ? row.name : `${row.name}: ${row.problem}`;
  return [
    `<g><title>${escaped(title)}</title>`,
    text(MARGIN + indent, base, cut(row.name, NAME - indent), weight + quiet),
    text(
      MARGIN + NAME + DURATION,
      base,
      row.result === 'skip' ? 'skipped' : row.durationText,
      ' text-anchor="end" fill="#666d78"',
    ),
    `<rect ${bar}/></g>`,
  ].join('');
}

const STEPS_MS = [0.01, 0.1, 1, 10, 100, 1000]
  .flatMap((unit) => [unit, 2 * unit, 5 * unit])
  .concat([10, 15, 30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400].map((seconds) => seconds * 1000));

function axis(totalMs: number, bottom: number): string[] {
  const step = STEPS_MS.find((ms) => totalMs / ms <= MAX_TICKS) ?? Math.max(totalMs, 1);
  return Array.from({ length: Math.floor(totalMs / step) + 1 }, (_, index) => {
    const x = BAR_LEFT + (totalMs > 0 ? (BAR_WIDTH * index * step) / totalMs : 0);
    // A label at the very end would leave the picture.
    const anchor = x > WIDTH - MARGIN - 50 ? ' text-anchor="end"' : '';
    return [
      `<line x1="${number(x)}" y1="${HEAD - 6}" x2="${number(x)}" y2="${bottom}" stroke="#e6e3de"/>`,
      text(
        anchor === '' ? x + 3 : x - 3,
        HEAD - 10,
        formatDuration(index * step),
        `${anchor} font-size="11" fill="#666d78"`,
      ),
    ].join('');
  });
}

/**
 * The waterfall as an SVG picture, without the controllers' functions. Pure. Names come from strangers: everything is escaped, and nothing in it
 * can run or load.
 */
export function waterfallSvg(waterfall: Waterfall): string {
  const rows = waterfall.rows.filter(({ category }) => category !== 'controller');
  const totalMs = rows.reduce((end, { offsetMs, durationMs }) => Math.max(end, offsetMs + durationMs), 0);
  const height = HEAD + rows.length * ROW + MARGIN;
  const name = waterfall.runName ?? waterfall.title;
  const { result, durationText, startUnixMs, traceId } = waterfall;
  const facts = [result === 'none' ? 'no result' : result, durationText, new Date(startUnixMs).toISOString(), traceId];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, 'Segoe UI', Roboto, 'Noto Sans', sans-serif" font-size="13" fill="#24272d">`,
    `<title>${escaped(`Trace of ${name}`)}</title>`,
    '<rect width="100%" height="100%" fill="#ffffff"/>',
    text(MARGIN, 28, cut(name, WIDTH - 2 * MARGIN), ' font-size="18" font-weight="600"'),
    text(MARGIN, 50, facts.join(' · '), ' fill="#666d78"'),
    ...axis(totalMs, height - MARGIN),
    ...rows.map((row, index) => rowSvg(row, index, totalMs)),
    '</svg>',
    '',
  ].join('\n');
}
