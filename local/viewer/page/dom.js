/**
 * An element. Everything that comes from a trace goes in as text or as an attribute's value, never as HTML.
 * @param {string} tag
 * @param {Record<string, string | number | boolean | undefined | ((event: any) => void)>} [properties] functions are event
 *   listeners, `true` is an empty attribute, `false` and undefined are left out
 * @param {...(Node | string | undefined)} children
 * @returns {HTMLElement}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name, value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== undefined) element.setAttribute(name, String(value));
  }
  element.append(...children.filter((child) => child !== undefined));
  return element;
}

/** What each result is called and drawn with, so that colour is never the only sign. */
export const RESULTS = {
  success: { mark: '✓', label: 'success' },
  failure: { mark: '✗', label: 'failure' },
  error: { mark: '!', label: 'error' },
  timeout: { mark: '◷', label: 'timeout' },
  cancellation: { mark: '⊘', label: 'cancelled' },
  skip: { mark: '–', label: 'skipped' },
  running: { mark: '●', label: 'running' },
  none: { mark: '', label: '' },
};

/** @param {string} result */
export function resultOf(result) {
  return RESULTS[/** @type {keyof typeof RESULTS} */ (result)] ?? RESULTS.none;
}

/**
 * @param {string} result
 * @returns {HTMLElement}
 */
export function resultPill(result) {
  const { mark, label } = resultOf(result);
  return h(
    'span',
    { class: 'pill', 'data-result': result },
    h('span', { 'aria-hidden': 'true' }, mark),
    label || 'no result',
  );
}

/** Characters that hide, or reorder what is around them: controls, and Unicode's formatting characters. */
const UNSEEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A value as it is, with what can't be seen of it as its number: `a\u202eb`.
 * @param {string} text
 */
export const visible = (text) =>
  text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** @param {number} count */
export function countSpans(count) {
  return count === 1 ? '1 span' : `${count} spans`;
}

/** @param {number} unixMs */
export function formatTime(unixMs) {
  return new Date(unixMs).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
}
