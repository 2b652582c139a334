/** @typedef {import('../../page-view.ts').PageRow} PageRow */
/** @typedef {import('../../page-view.ts').PageHead} PageHead */
/** @typedef {import('../../../tracestore/views/views.ts').ViewUpdate} ViewUpdate */

/**
 * The rows of one trace as they have arrived, and the clock up to which running ones are drawn.
 * @param {() => number} [clock] milliseconds that only go forward
 */
export function createModel(clock = () => performance.now()) {
  /** @type {Map<string, PageRow>} */
  let byId = new Map();
  /** @type {PageRow[]} */
  let rows = [];
  /** Reconciles that were asked for, by the id of their first row. @type {Map<string, PageRow[]>} */
  const reconciles = new Map();
  /** @type {PageRow[] | undefined} */
  let withReconciles;
  let nowMs = 0;
  let heardAt = 0;
  let stoppedAt = /** @type {number | undefined} */ (undefined);

  const model = {
    /** @type {PageHead | undefined} */
    head: undefined,
    revision: '',
    /** @param {ViewUpdate} update */
    apply(update) {
      for (const row of update.rows) byId.set(row.id, row);
      const order = update.order ?? rows.map(({ id }) => id);
      rows = order.map((id) => byId.get(id)).filter((row) => row !== undefined);
      byId = new Map(rows.map((row) => [row.id, row]));
      withReconciles = undefined;
      model.head = update.head;
      model.revision = update.revision;
      nowMs = update.nowMs;
      heardAt = clock();
      stoppedAt = undefined;
    },
    /** Stops the clock of running rows: the store does not answer, so nobody knows whether they still run. */
    stop() {
      stoppedAt ??= clock();
    },
    /** The store answers again. */
    resume() {
      stoppedAt = undefined;
    },
    /** @param {PageRow[]} added one reconcile, its first row first */
    addReconcile(added) {
      const [first] = added;
      if (first) reconciles.set(first.id, added);
      withReconciles = undefined;
    },
    hasReconciles: () => reconciles.size > 0,
    removeReconciles() {
      reconciles.clear();
      withReconciles = undefined;
    },
    /** All rows in the order of the tree. Reconciles come after the other rows below their parent. */
    get rows() {
      withReconciles ??= reconciles.size === 0 ? rows : [...rows, ...[...reconciles.values()].flat()];
      return withReconciles;
    },
    /** @param {string | undefined} id */
    row: (id) => (id === undefined ? undefined : model.rows.find((row) => row.id === id)),
    /** Now, in milliseconds after the trace's start. */
    now: () => nowMs + ((stoppedAt ?? clock()) - heardAt) - (model.head?.startUnixMs ?? nowMs),
    /** @param {PageRow} row */
    endOf: (row) => (row.isRunning ? Math.max(row.offsetMs, model.now()) : row.offsetMs + row.durationMs),
    /** How long ago the last span ended, in milliseconds; 0 if a row is known to run. */
    quietMs: () => (model.rows.some(({ isRunning }) => isRunning) ? 0 : Math.max(0, model.now() - model.totalMs())),
    /** What the axis spans, in milliseconds. */
    totalMs: () => model.rows.reduce((end, row) => Math.max(end, model.endOf(row)), 0),
  };
  return model;
}

/** @typedef {ReturnType<typeof createModel>} Model */
