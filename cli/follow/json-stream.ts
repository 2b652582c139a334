/** Where each value of a stream of JSON objects ends; undefined if `text` is none. */
function ends(text: string): number[] | undefined {
  const found: number[] = [];
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (inText) {
      if (character === '\\') at++;
      else if (character === '"') inText = false;
    } else if (character === '"') inText = true;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') {
      depth--;
      if (depth < 0) return undefined;
      if (depth === 0) found.push(at + 1);
    }
  }
  return depth === 0 && !inText ? found : undefined;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * JSON objects one after the other, as `jq` and `kubectl get -o json` in a loop print them and kubectl reads them, as documents of YAML.
 * Lines stay where they are, unless two objects share one. Any other text is returned as it is.
 */
export function separateJson(text: string): string {
  if (!text.trimStart().startsWith('{')) return text;
  const found = ends(text) ?? [];
  if (found.length < 2 || text.slice(found.at(-1)).trim() !== '') return text;
  const parts = found.map((end, index) => text.slice(index === 0 ? 0 : found[index - 1], end));
  if (!parts.every(isJson)) return text;
  return parts
    .map((part, index) =>
      index === 0 ? part : part.replace(/^(\s*\n|)[^\S\n]*/, (_, lines: string) => `${lines || '\n'}--- `),
    )
    .join('');
}
