import { ApiError, ask } from '../api.js';
import { h } from '../dom.js';
import { createFunctions } from './functions-view.js';
import { createGrid } from '../waterfall/grid.js';
import { createHeader } from './header.js';
import { createHelp } from './help.js';
import { createModel } from './model.js';
import { addPageKeys } from './page-keys.js';
import { panelRows } from '../panel/panel-rows.js';
import { createPanel } from '../panel/panel.js';
import { clamp, moved, zoomed } from '../waterfall/range.js';
import { createSearch, searchRows } from './search.js';
import { createSummary } from './summary-view.js';
import { createToolbar } from './toolbar.js';
import { readState, writeState } from './url-state.js';
import { visibleRows } from './visible.js';
import { addZoom } from '../waterfall/zoom.js';

/** @typedef {import('../../page-view.ts').PageRow} PageRow */

/** How often what runs grows. */
const TICK_MS = 500;
const LEAD_IN = ['wait', 'init'];

/**
 * The page of one trace: puts its parts together, and keeps what is selected, folded and zoomed.
 * @param {string} traceId
 */
export function createTraceView(traceId) {
  const model = createModel();
  /** Rows that were asked for because the address names them. @type {Set<string>} */
  const askedFor = new Set();
  let state = readState(location.hash);

  /** The part that is shown, if it is one of the trace: a link may be of another time, or written by hand. */
  const part = () => state.range && clamp(state.range, model.totalMs());
  const range = () => part() ?? { fromMs: 0, toMs: model.totalMs() };
  /** The row that was chosen; without a choice where the failure began. */
  const selected = () => (state.row === undefined ? model.head?.summary.failures[0]?.rowId : state.row || undefined);
  const visible = () => visibleRows(model.rows, state, model.endOf);
  const write = (/** @type {'pushState' | 'replaceState'} */ how) =>
    history[how](null, '', location.pathname + location.search + writeState(state));
  const change = (/** @type {Partial<typeof state>} */ next) => {
    state = { ...state, ...next };
    write('replaceState');
    draw();
  };
  /** Another view of the trace: the browser's Back leads to the one before. @param {Partial<typeof state>} next */
  const go = (next) => {
    write('pushState');
    change(next);
  };
  const drawGrid = () =>
    grid.draw(visible(), {
      range: range(),
      zoomed: part() !== undefined,
      endOf: model.endOf,
      selected: selected(),
      found: search.found(),
    });

  const select = (/** @type {string} */ id) => {
    change({ row: id === selected() ? '' : id });
    if (selected() !== undefined) grid.reveal(id);
  };
  const close = () => {
    change({ row: '' });
    grid.focus();
  };
  const toggle = (/** @type {string} */ id) => {
    const isOpen = visible().find(({ row }) => row.id === id)?.open ?? true;
    change({ turned: new Map([...state.turned, [id, !isOpen]]) });
  };
  /** Opens what hides a row, and selects it. @param {string | undefined} id */
  const show = (id) => {
    const row = model.row(id);
    if (!row) return;
    const turned = new Map(state.turned);
    for (let at = model.row(row.parent); at; at = model.row(at.parent)) turned.set(at.id, true);
    change({ row: row.id, turned, tab: 'waterfall', waits: state.waits || LEAD_IN.includes(row.category) });
    grid.go(row.id);
  };
  const showCall = async (/** @type {string} */ id) => {
    /** @type {PageRow[]} */
    const rows = await (await ask(`/api/waterfall/${traceId}/reconcile/${id}`)).json();
    model.addReconcile(rows);
    // A reconcile is a dot in the whole run.
    const { offsetMs = 0, durationMs = 0 } = rows[0] ?? {};
    write('pushState');
    state.range = clamp({ fromMs: offsetMs - durationMs / 4, toMs: offsetMs + durationMs * 1.5 }, model.totalMs());
    show(id);
  };
  /** A link may lead to a row of a reconcile, which is not there before it is asked for. */
  const askForRow = async () => {
    const { row } = state;
    if (!row || model.row(row) || askedFor.has(row)) return;
    askedFor.add(row);
    const answer = await ask(`/api/waterfall/${traceId}/reconcile/${row}`).catch((error) => {
      if (error instanceof ApiError && error.status === 404) return undefined;
      askedFor.delete(row);
      throw error;
    });
    if (answer) model.addReconcile(await answer.json());
    if (!model.row(row)) return;
    draw();
    grid.reveal(row);
  };
  const toFailure = (/** @type {1 | -1} */ way) => {
    const ids = model.rows.filter(({ isOrigin }) => isOrigin).map(({ id }) => id);
    const at = ids.indexOf(selected() ?? '');
    show(ids.at(at < 0 && way < 0 ? -1 : (at + way) % ids.length));
  };
  const setRange = (/** @type {typeof state.range} */ next) => change({ range: next });
  const toggleTab = () => go({ tab: state.tab === 'functions' ? 'waterfall' : 'functions' });
  const toggleWaits = () => change({ waits: !state.waits });

  const header = createHeader(traceId);
  const summary = createSummary({ onShow: show, onFunctions: () => go({ tab: 'functions' }) });
  const grid = createGrid({ onSelect: select, onToggle: toggle, onWholeTime: () => setRange(undefined) });
  const panel = createPanel(traceId, { onClose: close, onShow: show });
  const functions = createFunctions(traceId, showCall);
  const search = createSearch({ find: (text) => searchRows(model.rows, text), go: show, changed: drawGrid });
  const help = createHelp();
  const toolbar = createToolbar({
    onTab: (tab) => tab !== state.tab && go({ tab }),
    onFold: (folding) => change({ folding, turned: new Map() }),
    onWaits: toggleWaits,
    onHelp: () => help.showModal(),
    onHideReconciles: () => (model.removeReconciles(), draw()),
    search: search.element,
  });
  addZoom(grid.element, grid.axis, { get: range, total: model.totalMs, set: setRange });

  const empty = h('p', { class: 'empty', role: 'status' }, 'Loading…');
  const main = h(
    'div',
    { class: 'split' },
    summary.element,
    h('div', { class: 'view' }, toolbar.element, grid.element, functions.element),
    panel.element,
  );
  const known = h('div', { class: 'known', hidden: true }, header.element, main);
  const element = h(
    'main',
    { class: 'trace' },
    h('nav', {}, h('a', { href: '/' }, '← All traces')),
    empty,
    known,
    help,
  );

  addPageKeys({
    Escape: () => selected() !== undefined && close(),
    '/': search.focus,
    n: () => toFailure(1),
    N: () => toFailure(-1),
    '+': () => setRange(zoomed(range(), 0.5, 0.5, model.totalMs())),
    '-': () => setRange(zoomed(range(), 2, 0.5, model.totalMs())),
    0: () => setRange(undefined),
    'Shift+ArrowLeft': () => setRange(moved(range(), -0.25, model.totalMs())),
    'Shift+ArrowRight': () => setRange(moved(range(), 0.25, model.totalMs())),
    w: toggleWaits,
    f: toggleTab,
    '?': () => help.showModal(),
  });
  addEventListener('hashchange', () => {
    state = readState(location.hash);
    draw();
    // Without an answer the next refresh asks again.
    askForRow().catch(() => undefined);
  });

  const tick = () => {
    if (!model.head || model.head.finished) return;
    header.tick(model.now(), model.quietMs());
    summary.draw(model.head, model.rows, model.now());
    panel.tick(model.row(selected()), model.now());
    drawGrid();
  };
  setInterval(tick, TICK_MS);

  function draw() {
    const { head } = model;
    if (!head) return;
    const { count, errors } = head.controller;
    header.draw(head);
    header.tick(model.now(), model.quietMs());
    summary.draw(head, model.rows, model.now());
    // A trace of controllers alone, as upstream's is, has no other rows.
    const isFunctions = state.tab === 'functions' || (model.rows.length === 0 && count > 0);
    toolbar.draw({
      ...state,
      tab: isFunctions ? 'functions' : 'waterfall',
      hasReconciles: model.hasReconciles(),
      functions: count,
      errors,
    });
    grid.element.hidden = isFunctions;
    if (isFunctions) void functions.show(count);
    else functions.hide();
    drawGrid();
    const row = model.row(selected());
    const now = { startUnixMs: head.startUnixMs, nowMs: model.now() };
    panel.draw(row && { row, ...now, ...panelRows(model.rows, row, model.endOf) });
    main.classList.toggle('with-details', row !== undefined);
  }

  return {
    element,
    async refresh() {
      try {
        const response = await ask(`/api/waterfall/${traceId}?since=${model.revision}`);
        if (response.status === 204) return;
        model.apply(await response.json());
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404) || model.head) throw error;
        empty.textContent =
          'No span of this trace is here. Its id is wrong, or it was in the memory of a Tektrace that has ended. If it arrives, this page shows it.';
        return;
      }
      empty.hidden = true;
      known.hidden = false;
      draw();
      await askForRow();
    },
    /** @param {boolean} connected */
    onConnection(connected) {
      const wasStopped = element.classList.contains('stopped');
      element.classList.toggle('stopped', !connected);
      if (!connected) return model.stop();
      model.resume();
      // Parts that could not be loaded meanwhile are asked for again.
      if (!wasStopped) return;
      draw();
      panel.retry();
    },
  };
}
