import { h } from './dom.js';
import { createListView } from './list-view.js';
import { follow } from './live.js';
import { createTraceView } from './trace-view.js';

const traceId = /^\/trace\/([0-9a-f]{1,32})$/i.exec(location.pathname)?.[1]?.toLowerCase().padStart(32, '0');
/** @type {{element: HTMLElement, refresh: () => Promise<void>, onConnection?: (connected: boolean) => void}} */
const view = traceId === undefined ? createListView() : createTraceView(traceId);
const offline = h(
  'p',
  { class: 'offline', role: 'status', hidden: true },
  'The trace store does not answer; this is what it last told.',
);

document.getElementById('app')?.replaceChildren(offline, view.element);
follow(traceId, view.refresh, (connected) => {
  offline.hidden = connected;
  view.onConnection?.(connected);
});
