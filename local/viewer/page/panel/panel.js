import { ask } from '../api.js';
import { NO_DETAILS, rowDetails, tookText } from './details.js';
import { h } from '../dom.js';
import { createLogView } from './log-view.js';

/** @typedef {import('../../page-view.ts').PageRow} PageRow */
/** @typedef {import('../../../tracestore/api/waterfall-api.ts').RowDetails} RowDetails */
/** @typedef {Pick<Parameters<typeof rowDetails>[0], 'row' | 'startUnixMs' | 'nowMs' | 'waits' | 'tail' | 'steps'>} Shown */

/**
 * The panel of the selected row. It asks for what the row's line does not show, and keeps the log while the row changes.
 * @param {string} traceId
 * @param {{onClose: () => void, onShow: (id: string) => void}} handlers
 */
export function createPanel(traceId, { onClose, onShow }) {
  const element = h('div', { class: 'side' });
  /** @type {{id: string, text: string, log?: ReturnType<typeof createLogView>} | undefined} */
  let shown;
  let asked = 0;

  const close = () => {
    shown?.log?.close();
    shown = undefined;
    element.replaceChildren();
  };
  const load = async (/** @type {Shown} */ now) => {
    const { row } = now;
    const request = ++asked;
    /** @type {RowDetails} */
    const details = await (await ask(`/api/waterfall/${traceId}/row/${row.id}`)).json();
    if (request !== asked || shown?.id !== row.id) return;
    if (shown.log) shown.log.retry();
    else if (details.log) shown.log = createLogView(traceId, row, details.log);
    const before = element.querySelector('.details');
    const scrolled = before?.scrollTop ?? 0;
    const box = shown.log?.element.querySelector('.log');
    const logScrolled = box?.scrollTop ?? 0;
    const drawn = rowDetails({ ...now, details, log: shown.log?.element, onClose, onShow });
    element.replaceChildren(drawn);
    drawn.scrollTop = scrolled;
    if (box && logScrolled > 0) box.scrollTop = logScrolled;
  };

  return {
    element,
    /** Reads again a log whose connection was lost. */
    retry: () => shown?.log?.retry(),
    /** @param {Shown | undefined} now the selected row, and what the waterfall has of it */
    draw(now) {
      if (!now) return close();
      const { row } = now;
      const text = JSON.stringify([row, now.waits, now.tail, now.steps]);
      if (shown?.text === text) return;
      if (shown?.id !== row.id) {
        close();
        element.replaceChildren(rowDetails({ ...now, details: { row: NO_DETAILS }, log: undefined, onClose, onShow }));
      }
      shown = { ...shown, id: row.id, text };
      load(now).catch((error) => {
        if (shown?.text !== text) return;
        // The next draw asks again.
        shown.text = '';
        element.replaceChildren(h('p', { class: 'details empty' }, `This row can't be shown: ${error.message}`));
      });
    },
    /** How long a row that runs has been running. @param {PageRow | undefined} row @param {number} nowMs after the trace's start */
    tick(row, nowMs) {
      const took = element.querySelector('.took');
      if (took && row?.isRunning) took.textContent = tookText(row, nowMs);
    },
  };
}
