const MAX_LABEL_VALUE = 63;

/** `text` within the length of a label's value (also that of a container's name), ending in a letter or digit as it must. */
export function labelValue(text: string): string {
  return text.slice(0, MAX_LABEL_VALUE).replace(/[^a-zA-Z0-9]+$/, '');
}
