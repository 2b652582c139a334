import { ApiError, ask } from '../api.js';
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
    /** @param {string} text @returns {boolean} whether lines were dropped at the beginning */
    add(text) {
      const dropped = log.add(text);
      box.style.setProperty('--lines', String(log.lines.length));
      space.style.height = `${log.lines.length * LINE_PX}px`;
      if (atEnd) box.scrollTop = box.scrollHeight;
      else box.scrollTop -= dropped * LINE_PX;
      draw();
      return dropped > 0;
    },
  };
}

/** Longer without an answer, the container has not written anything. */
const QUIET_MS = 1500;

const NOTHING_YET = 'It has written nothing yet.';
const DROPPED = 'The beginning of this log is not kept here. This prints all that the cluster has:';
const LOST = 'The connection was lost: this is what had come. The log is read again when Tektrace answers.';

/**
 * The log of a step, live, or the command that prints it where the page can't read it. A browser has six connections to a host: a page in the background
 * gives back that of its log, and reads it again when it is shown.
 * @param {string} traceId
 * @param {{id: string, name: string}} row
 * @param {{command: string, isHere: boolean}} log
 * @returns {{element: HTMLElement, retry: () => void, close: () => void}} `retry` reads again a log that could not be read
 */
export function createLogView(traceId, row, { command, isHere }) {
  let leaving = new AbortController();
  /** @type {'reading' | 'ended' | 'failed'} */
  let reading = 'ended';
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
    fetchIt,
    box,
  );
  copyLog.hidden = true;
  box.hidden = true;
  fetchIt.hidden = isHere;

  /** Says something above the log; nothing with ''. @param {string} text @param {boolean} [withCommand] */
  const say = (text, withCommand = false) => {
    state.hidden = text === '';
    if (state.textContent !== text) state.textContent = text;
    fetchIt.hidden = !withCommand;
  };
  const read = async (/** @type {AbortSignal} */ signal) => {
    const quiet = setTimeout(() => !signal.aborted && log.lines.length === 0 && say(NOTHING_YET), QUIET_MS);
    let isFirst = true;
    const { body } = await ask(`/api/log/${traceId}/${row.id}`, signal).finally(() => clearTimeout(quiet));
    for (const reader = body?.pipeThrough(new TextDecoderStream()).getReader(); reader;) {
      const { done, value } = await reader.read();
      if (done) break;
      if (isFirst) {
        log.clear();
        say('');
      }
      isFirst = false;
      box.hidden = copyLog.hidden = false;
      if (add(value)) say(DROPPED, true);
    }
    if (log.lines.length === 0) say('It wrote nothing.');
  };
  const start = () => {
    leaving = new AbortController();
    const { signal } = leaving;
    reading = 'reading';
    read(signal).then(
      () => (reading = 'ended'),
      (error) => {
        if (signal.aborted) return;
        reading = 'failed';
        const isAnswer = error instanceof ApiError && error.status !== undefined;
        say(isAnswer ? `The log can't be read here: ${error.message}` : LOST, isAnswer);
      },
    );
  };
  const onVisibility = () => {
    if (reading === 'ended') return;
    if (document.hidden) leaving.abort();
    else start();
  };
  if (isHere) {
    document.addEventListener('visibilitychange', onVisibility);
    start();
  }
  return {
    element,
    retry() {
      if (reading === 'failed' && !document.hidden) start();
    },
    close() {
      document.removeEventListener('visibilitychange', onVisibility);
      leaving.abort();
    },
  };
}
