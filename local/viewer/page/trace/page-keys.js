/**
 * Keys of the page that work wherever the focus is, but in fields.
 * @param {Record<string, () => void>} keys by `KeyboardEvent.key`, `Shift+` before it
 */
export function addPageKeys(keys) {
  addEventListener('keydown', (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.defaultPrevented) return;
    const { target } = event;
    if (target instanceof Element && target.closest('input, textarea, select, dialog')) return;
    const act = keys[event.shiftKey && event.key.startsWith('Arrow') ? `Shift+${event.key}` : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
}
