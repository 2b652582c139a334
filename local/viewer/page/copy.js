import { h } from './dom.js';

const SHOWN_MS = 1500;

/**
 * A button that copies a text, and says so.
 * @param {string} label what it copies, for people who do not see it
 * @param {() => string} text
 * @param {string} [shown] what is on the button
 */
export function copyButton(label, text, shown = 'Copy') {
  const status = h('span', { class: 'visually-hidden', role: 'status' });
  const face = h('span', {}, shown);
  const say = (/** @type {string} */ now) => {
    face.textContent = now;
    status.textContent = now === shown ? '' : now;
  };
  const button = h(
    'button',
    {
      type: 'button',
      class: 'copy',
      'aria-label': label,
      click: async () => {
        const copied = await navigator.clipboard.writeText(text()).then(
          () => 'Copied',
          () => 'Not allowed',
        );
        say(copied);
        setTimeout(() => say(shown), SHOWN_MS);
      },
    },
    face,
  );
  return h('span', { class: 'copy-box' }, button, status);
}
