export { printable } from '../../shared/text/printable.ts';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const wide =
  /^(?:\p{Emoji_Presentation}|[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6])/u;

function clusterWidth(cluster: string): number {
  if (zeroWidth.test(cluster)) return 0;
  return wide.test(cluster) || cluster.includes('\ufe0f') ? 2 : 1;
}

/** Columns a terminal needs for the text. */
export function displayWidth(text: string): number {
  return [...graphemes.segment(text)].reduce((sum, { segment }) => sum + clusterWidth(segment), 0);
}

/** The text in exactly `width` columns: filled up with spaces, or cut with `ellipsis` at its end. */
export function fit(text: string, width: number, ellipsis: string): string {
  const full = displayWidth(text);
  if (full <= width) return text + ' '.repeat(width - full);
  let cut = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const next = used + clusterWidth(segment);
    if (next > width - displayWidth(ellipsis)) break;
    cut += segment;
    used = next;
  }
  return fit(`${cut}${ellipsis}`, width, '');
}
