import { spanDetails } from './details.js';
import { countSpans, formatTime, h, resultPill } from './dom.js';
import { createGrid, visibleRows } from './grid.js';

/** @typedef {import('../waterfall.ts').Waterfall} Waterfall */

/** @param {number} ms */
function elapsed(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  return seconds < 60 ? `${seconds} s` : `${Math.floor(seconds / 60)} m ${seconds % 60} s`;
}

/**
 * The page of one trace.
 * @param {string} traceId
 */
export function createTraceView(traceId) {
  /** @type {Waterfall | undefined} */
  let waterfall;
  /** @type {string | undefined} */
  let selected;
  let withControllers = false;
  /** @type {Set<string>} */
  const collapsed = new Set();

  const draw = () => {
    if (!waterfall) return;
    const rows = visibleRows(waterfall.rows, collapsed, withControllers);
    const totalMs = rows.reduce((end, { row }) => Math.max(end, row.offsetMs + row.durationMs), 0);
    grid.draw(rows, { totalMs, collapsed, selected });
    drawHeader();
    drawDetails();
  };
  const select = (/** @type {string | undefined} */ id) => {
    selected = id === selected ? undefined : id;
    draw();
    if (selected !== undefined) grid.reveal(selected);
  };
  const toggle = (/** @type {string} */ id) => {
    if (!collapsed.delete(id)) collapsed.add(id);
    draw();
  };
  const collapseTo = (/** @type {(category: string) => boolean} */ isCollapsed) => {
    collapsed.clear();
    for (const row of waterfall?.rows ?? []) if (isCollapsed(row.category)) collapsed.add(row.id);
    draw();
  };

  const grid = createGrid({ onSelect: select, onToggle: toggle });
  const title = h('h1', {});
  const facts = h('p', { class: 'facts' });
  const since = h('span', {});
  const controllers = h('button', {
    type: 'button',
    class: 'button',
    'aria-pressed': 'false',
    click: () => ((withControllers = !withControllers), draw()),
  });
  const tools = h(
    'div',
    { class: 'tools' },
    controllers,
    h(
      'button',
      { type: 'button', class: 'button', click: () => collapseTo((category) => category === 'task') },
      'Tasks only',
    ),
    h('button', { type: 'button', class: 'button', click: () => collapseTo(() => false) }, 'Expand all'),
    h('a', { class: 'button', href: `/api/download/${traceId}`, download: true }, 'OTLP JSON'),
  );
  const side = h('div', { class: 'side' });
  const empty = h('p', { class: 'empty' }, 'Loading…');
  const main = h('div', { class: 'split', hidden: true }, grid.element, side);
  const element = h(
    'main',
    { class: 'trace' },
    h('nav', {}, h('a', { href: '/' }, '← All traces')),
    h('div', { class: 'top' }, h('div', {}, title, facts), tools),
    empty,
    main,
  );
  element.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || selected === undefined) return;
    select(undefined);
    grid.focus();
  });

  const drawSince = () => {
    if (waterfall && !waterfall.finished) since.textContent = `for ${elapsed(Date.now() - waterfall.startUnixMs)}`;
  };
  setInterval(drawSince, 1000);

  const drawHeader = () => {
    if (!waterfall) return;
    const {
      runName,
      title: name,
      result,
      durationText,
      startUnixMs,
      spanCount,
      controller,
      finished,
      namespace,
    } = waterfall;
    title.textContent = runName ?? name;
    document.title = `${runName ?? name} · Tektrace`;
    const fact = (/** @type {string} */ text) => h('span', {}, text);
    facts.replaceChildren(
      resultPill(result),
      ...(finished ? [h('strong', {}, durationText)] : [since]),
      fact(formatTime(startUnixMs)),
      ...(runName === undefined || !finished ? [] : [fact(name)]),
      ...(namespace === undefined ? [] : [fact(`namespace ${namespace}`)]),
      fact(countSpans(spanCount)),
      h('span', { class: 'trace-id' }, traceId),
    );
    drawSince();
    controllers.hidden = controller.count === 0;
    controllers.setAttribute('aria-pressed', String(withControllers));
    const errors = controller.errors > 0 ? `, ${controller.errors} with an error` : '';
    controllers.textContent = `${withControllers ? 'Hide' : 'Show'} controller functions (${controller.count}${errors})`;
  };

  let drawnDetails = '';
  const drawDetails = () => {
    const row = waterfall?.rows.find(({ id }) => id === selected);
    const now = row ? JSON.stringify(row) : '';
    if (now === drawnDetails) return;
    drawnDetails = now;
    side.replaceChildren(
      ...(row && waterfall ? [spanDetails(row, waterfall, () => (select(undefined), grid.focus()))] : []),
    );
    main.classList.toggle('with-details', row !== undefined);
  };

  return {
    element,
    async refresh() {
      const response = await fetch(`/api/waterfall/${traceId}`);
      if (response.status === 404) {
        empty.textContent = 'No span of this trace has arrived yet. This page fills by itself.';
        return;
      }
      if (!response.ok) throw new Error(`the trace store answered ${response.status}`);
      waterfall = await response.json();
      empty.hidden = true;
      main.hidden = false;
      draw();
    },
  };
}
