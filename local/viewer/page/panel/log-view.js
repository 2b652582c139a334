import { ask } from '../api.js';
import { copyButton } from '../copy.js';
import { h } from '../dom.js';
import { createLines, pieces } from './log-lines.js';

const LINE_PX = 18;
const AROUND = 10;

/**
 * A log in a box: only the lines in view are in the document. It stays at the end while lines come, unless the reader scrolls up.
 * @param {string} name whose log
 */
function createLogBox(name) {
  const log = createLines();
  const space = h('div', { class: 'log-space' });
  const box = h('div', { class: 'log', tabindex: '0', role: 'log', 'aria-label': `Log of ${name}` }, space);
  let atEnd = true;
  const draw = () => {
    const from = Math.max(0, Math.floor(box.scrollTop / LINE_PX) - AROUND);
    const to = Math.min(log.lines.length, Math.ceil((box.scrollTop + box.clientHeight) / LINE_PX) + AROUND);
    space.style.height = `${log.lines.length * LINE_PX}px`;
    space.replaceChildren(
      ...log.lines.slice(from, to).map((line, index) => {
        const parts = pieces(line).map(({ text, classes }) =>
          classes.length === 0 ? text : h('span', { class: classes.join(' ') }, text),
        );
        const element = h('div', { class: 'log-line' }, ...parts);
        element.style.top = `${(from + index) * LINE_PX}px`;
        return element;
      }),
    );
  };
  box.addEventListener('scroll', () => {
    atEnd = box.scrollTop + box.clientHeight >= box.scrollHeight - LINE_PX;
    draw();
  });
  new ResizeObserver(() => {
    if (atEnd) box.scrollTop = box.scrollHeight;
    draw();
  }).observe(box);
  return {
    box,
    log,
    /** @param {string} text */
    add(text) {
      const dropped = log.add(text);
      box.style.setProperty('--lines', String(log.lines.length));
      space.style.height = `${log.lines.length * LINE_PX}px`;
      if (atEnd) box.scrollTop = box.scrollHeight;
      else box.scrollTop -= dropped * LINE_PX;
      draw();
    },
  };
}

/**
 * The log of a step, live, or the command that prints it where the page can't read it.
 * @param {string} traceId
 * @param {{id: string, name: string}} row
 * @param {{command: string, isHere: boolean}} log
 * @returns {{element: HTMLElement, close: () => void}}
 */
export function createLogView(traceId, row, { command, isHere }) {
  const leaving = new AbortController();
  const { box, log, add } = createLogBox(row.name);
  const state = h(
    'p',
    { class: 'muted log-state', role: 'status' },
    isHere ? 'Reading…' : 'The log is in the cluster. This prints it:',
  );
  const fetchIt = h(
    'p',
    { class: 'command' },
    h('code', {}, command),
    copyButton('Copy the command', () => command),
  );
  const copyLog = copyButton('Copy the log', () => log.text());
  const element = h(
    'section',
    { class: 'log-part' },
    h('div', { class: 'log-head' }, h('h3', {}, 'Log'), copyLog),
    state,
    box,
    fetchIt,
  );
  copyLog.hidden = true;
  box.hidden = true;
  fetchIt.hidden = isHere;

  const read = async () => {
    const { body } = await ask(`/api/log/${traceId}/${row.id}`, leaving.signal);
    for (const reader = body?.pipeThrough(new TextDecoderStream()).getReader(); reader;) {
      const { done, value } = await reader.read();
      if (done) break;
      state.hidden = true;
      box.hidden = copyLog.hidden = false;
      add(value);
    }
    if (log.lines.length === 0) state.textContent = 'It wrote nothing.';
  };
  if (isHere)
    read().catch((error) => {
      if (leaving.signal.aborted) return;
      state.hidden = fetchIt.hidden = false;
      state.textContent = `The log can't be read here: ${error.message}`;
    });
  return { element, close: () => leaving.abort() };
}
