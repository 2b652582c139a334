import { downloadLinks } from './downloads.js';
import { copyButton } from '../copy.js';
import { countSpans, formatTime, h, resultPill } from '../dom.js';
import { elapsedText } from '../time.js';

/** @typedef {import('../../page-view.ts').PageHead} PageHead */

/** Upstream's default timeout of a run: longer without a span, and its end has probably not been sent, or not been kept. */
const MAX_QUIET_MS = 3_600_000;

/**
 * The run's name, result and facts.
 * @param {string} traceId
 */
export function createHeader(traceId) {
  const title = h('h1', {});
  const facts = h('p', { class: 'facts' });
  const since = h('strong', { class: 'since' });
  const links = h(
    'div',
    { class: 'tools' },
    copyButton('Copy link to what is shown', () => location.href, 'Copy link'),
    h('a', { class: 'button', href: `/api/download/${traceId}`, download: true }, 'OTLP JSON'),
    ...downloadLinks(traceId),
  );
  const fact = (/** @type {string} */ text) => h('span', {}, text);
  return {
    element: h('div', { class: 'top run' }, title, facts, links),
    /** @param {PageHead} head */
    draw({ runName, title: name, result, durationText, startUnixMs, spanCount, finished, namespace }) {
      title.textContent = runName ?? name;
      document.title = `${runName ?? name} · Tektrace`;
      facts.replaceChildren(
        resultPill(result),
        finished ? h('strong', {}, durationText) : since,
        fact(formatTime(startUnixMs)),
        ...(runName === undefined || name === runName ? [] : [fact(name)]),
        ...(namespace === undefined ? [] : [fact(`namespace ${namespace}`)]),
        fact(countSpans(spanCount)),
        h(
          'span',
          { class: 'identity' },
          h('span', { class: 'trace-id' }, traceId),
          copyButton('Copy id of the trace', () => traceId, 'Copy id'),
        ),
      );
    },
    /**
     * @param {number} ms how long it has been running
     * @param {number} quietMs how long ago its last span ended; 0 if something of it is known to run
     */
    tick(ms, quietMs) {
      const isLost = quietMs > MAX_QUIET_MS;
      since.textContent = `for ${elapsedText(ms)}${isLost ? `, nothing came for ${elapsedText(quietMs)}: its end may be lost` : ''}`;
    },
  };
}
