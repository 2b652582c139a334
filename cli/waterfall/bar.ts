import type { WaterfallRow } from '../../local/viewer/row.ts';
import { displayWidth } from './display-width.ts';
import { colourOf, type Style } from './style.ts';

export interface Bar {
  /** `width` columns, plus colour codes if the style has them. */
  text: string;
  /** Whether there was room for the note beside the bar. */
  noteDrawn: boolean;
}

/** The row's bar at its place in time, with the note beside it if it fits. Its first `leadMs` are drawn as a wait. */
export function drawBar(
  row: WaterfallRow,
  { totalMs, width, note, leadMs = 0 }: { totalMs: number; width: number; note: string; leadMs?: number },
  style: Style,
): Bar {
  const scale = totalMs > 0 ? width / totalMs : 0;
  const start = Math.min(width - 1, Math.floor(row.offsetMs * scale + 1e-9));
  const end = Math.min(width, Math.max(start + 1, Math.ceil((row.offsetMs + row.durationMs) * scale - 1e-9)));
  const glyph = row.category === 'wait' || row.category === 'placeholder' ? style.wait : style.full;
  const lead = Math.min(end - start - 1, Math.round(leadMs * scale));
  const cells = row.durationMs === 0 ? style.half : glyph.repeat(end - start - lead);
  const colour = row.category === 'wait' ? 'dim' : row.category === 'placeholder' ? 'cyan' : colourOf(row.result);
  const bar = style.paint('dim', style.wait.repeat(lead)) + style.paint(colour, cells);
  const used = row.durationMs === 0 ? start + 1 : end;
  const noteWidth = displayWidth(note);
  const painted = style.paint(colour, note);
  if (note !== '' && noteWidth + 1 <= width - used) {
    return {
      text: `${' '.repeat(start)}${bar} ${painted}${' '.repeat(width - used - 1 - noteWidth)}`,
      noteDrawn: true,
    };
  }
  if (note !== '' && noteWidth + 1 <= start) {
    const text = `${' '.repeat(start - noteWidth - 1)}${painted} ${bar}${' '.repeat(width - used)}`;
    return { text, noteDrawn: true };
  }
  return { text: `${' '.repeat(start)}${bar}${' '.repeat(width - used)}`, noteDrawn: note === '' };
}
