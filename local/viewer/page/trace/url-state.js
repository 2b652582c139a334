/** @typedef {import('./visible.js').Folding} Folding */
/**
 * What a link to the page keeps: it is after the #, so that no server sees it.
 * @typedef {object} PageState
 * @property {string | undefined} row id of the selected row; '' if the selection was closed
 * @property {Folding} folding
 * @property {Map<string, boolean>} turned
 * @property {boolean} waits
 * @property {import('../waterfall/range.js').Range | undefined} range
 * @property {'waterfall' | 'functions'} tab
 */

const ID = /^[\w-]{1,64}$/;
const ids = (/** @type {string | null} */ text) => (text ?? '').split('.').filter((id) => ID.test(id));

/**
 * @param {string} hash `#row=…`
 * @returns {PageState}
 */
export function readState(hash) {
  const query = new URLSearchParams(hash.replace(/^#/, ''));
  const row = query.get('row') ?? undefined;
  const folding = query.get('fold');
  const [fromMs = NaN, toMs = NaN] = (query.get('ms') ?? '').split('-').map(Number);
  return {
    row: row === undefined || row === '' || ID.test(row) ? row : undefined,
    folding: folding === 'tasks' || folding === 'all' ? folding : 'auto',
    turned: new Map([
      ...ids(query.get('open')).map((id) => /** @type {const} */ ([id, true])),
      ...ids(query.get('shut')).map((id) => /** @type {const} */ ([id, false])),
    ]),
    waits: query.has('waits'),
    range: fromMs >= 0 && toMs > fromMs ? { fromMs, toMs } : undefined,
    tab: query.get('tab') === 'functions' ? 'functions' : 'waterfall',
  };
}

/**
 * The same as text; '' for the page as it opens.
 * @param {PageState} state
 */
export function writeState({ row, folding, turned, waits, range, tab }) {
  const round = (/** @type {number} */ ms) => Number(ms.toFixed(3));
  const turnedTo = (/** @type {boolean} */ to) =>
    [...turned].flatMap(([id, open]) => (open === to ? [id] : [])).join('.');
  const pairs = [
    ['tab', tab === 'waterfall' ? '' : tab],
    ['fold', folding === 'auto' ? '' : folding],
    ['open', turnedTo(true)],
    ['shut', turnedTo(false)],
    ['ms', range ? `${round(range.fromMs)}-${round(range.toMs)}` : ''],
  ].filter(([, value]) => value !== '');
  const query = new URLSearchParams(/** @type {[string, string][]} */ (pairs));
  if (row !== undefined) query.set('row', row);
  if (waits) query.set('waits', '');
  return query.size === 0 ? '' : `#${query.toString()}`;
}
