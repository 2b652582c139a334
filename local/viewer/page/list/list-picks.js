import { h } from '../dom.js';

/** @typedef {import('../../../tracestore/views/trace-summary.ts').TraceSummary} TraceSummary */

const nameOf = (/** @type {TraceSummary} */ trace) => trace.runName ?? trace.title;

/** The two runs that are chosen to be compared: a box beside each run, and a bar with the link. */
export function createPicks() {
  /** @type {Map<string, TraceSummary>} */
  const picked = new Map();
  const text = h('span', {});
  const link = h('a', { class: 'button' }, 'Compare');
  const clear = h('button', { type: 'button', class: 'button', click: () => unpick([...picked.keys()]) }, 'Clear');
  const element = h('div', { class: 'picks', role: 'status', hidden: true }, text, link, clear);
  /** @type {Map<string, HTMLInputElement>} */
  const boxes = new Map();

  const draw = () => {
    // The older run is the one that the other is compared with.
    const [before, after] = [...picked.values()].toSorted((a, b) => a.startUnixMs - b.startUnixMs);
    element.hidden = before === undefined;
    link.hidden = after === undefined;
    if (!before) return;
    text.textContent = after
      ? `${nameOf(before)} and ${nameOf(after)}`
      : `${nameOf(before)}: choose another run to compare`;
    if (after) link.setAttribute('href', `/compare/${before.id}/${after.id}`);
  };
  const unpick = (/** @type {string[]} */ ids) => {
    for (const id of ids) {
      picked.delete(id);
      const box = boxes.get(id);
      if (box) box.checked = false;
    }
    draw();
  };

  return {
    element,
    /**
     * The box of a run. A third one that is checked replaces the first.
     * @param {TraceSummary} trace
     */
    boxFor(trace) {
      const box = /** @type {HTMLInputElement} */ (
        h('input', {
          type: 'checkbox',
          class: 'pick',
          'aria-label': `Choose ${nameOf(trace)} to compare`,
          title: 'Choose two runs to compare ( x )',
          change: () => {
            if (!box.checked) picked.delete(trace.id);
            else picked.set(trace.id, trace);
            const [first] = picked.keys();
            if (picked.size > 2 && first !== undefined) unpick([first]);
            draw();
          },
        })
      );
      boxes.set(trace.id, box);
      return box;
    },
    /** Forgets the runs that are gone. @param {Map<string, TraceSummary>} traces */
    keep(traces) {
      for (const id of boxes.keys()) if (!traces.has(id)) boxes.delete(id);
      const gone = [...picked.keys()].filter((id) => !traces.has(id));
      if (gone.length > 0) unpick(gone);
    },
  };
}
