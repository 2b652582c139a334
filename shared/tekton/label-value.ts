const MAX_LABEL_VALUE = 63;

/** `text` cut to the length of a label's value (and of a container's name), with a letter or digit at its end. */
export function labelValue(text: string): string {
  return text.slice(0, MAX_LABEL_VALUE).replace(/[^a-zA-Z0-9]+$/, '');
}
