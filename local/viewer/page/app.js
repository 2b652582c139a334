import { createCompareView } from './list/compare-view.js';
import { h } from './dom.js';
import { createListView } from './list/list-view.js';
import { follow } from './live.js';
import { createTraceView } from './trace/trace-view.js';

/** @param {string} id */
const fullId = (id) => id.toLowerCase().padStart(32, '0');

const [, ...compared] = /^\/compare\/([0-9a-f]{1,32})\/([0-9a-f]{1,32})$/i.exec(location.pathname) ?? [];
const [before, after] = compared.map(fullId);
const traceId = /^\/trace\/([0-9a-f]{1,32})$/i.exec(location.pathname)?.[1];
/** @type {{element: HTMLElement, refresh: () => Promise<void>, onConnection?: (connected: boolean) => void}} */
const view =
  before !== undefined && after !== undefined
    ? createCompareView(before, after)
    : traceId === undefined
      ? createListView()
      : createTraceView(fullId(traceId));
const offline = h('p', { class: 'offline', role: 'status', hidden: true });

document.getElementById('app')?.replaceChildren(offline, view.element);
follow(traceId && fullId(traceId), view.refresh, (problem) => {
  offline.hidden = problem === undefined;
  const text = problem === undefined ? '' : `${problem}. The page asks again; until then it shows what it last got.`;
  if (offline.textContent !== text) offline.textContent = text;
  view.onConnection?.(problem === undefined);
});
