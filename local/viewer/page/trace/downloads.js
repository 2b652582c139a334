import { ask } from '../api.js';
import { h } from '../dom.js';

/**
 * Links to a trace in other forms; the one into Jaeger comes when it is known that there is one.
 * @param {string} traceId
 * @returns {HTMLElement[]}
 */
export function downloadLinks(traceId) {
  const download = (/** @type {string} */ href, /** @type {string} */ label, /** @type {string} */ title) =>
    h('a', { class: 'button', href, download: true, title }, label);
  const jaeger = h(
    'a',
    { class: 'button', target: '_blank', rel: 'noopener noreferrer', hidden: true },
    'Open in Jaeger',
  );
  void ask(`/api/links/${traceId}`)
    .then((response) => response.json())
    .then((/** @type {{jaeger?: unknown}} */ links) => {
      if (typeof links.jaeger !== 'string' || !/^https?:\/\//.test(links.jaeger)) return;
      jaeger.setAttribute('href', links.jaeger);
      jaeger.hidden = false;
    })
    // Without an answer there is no link; the page itself says that Tektrace does not answer.
    .catch(() => undefined);
  return [
    download(`/api/perfetto/${traceId}`, 'Perfetto', 'For ui.perfetto.dev: the Trace Event Format'),
    download(`/api/svg/${traceId}`, 'SVG', 'A picture of the waterfall'),
    jaeger,
  ];
}
