/** A token of a label selector; `end` is the end of input. */
export interface Token {
  kind: 'word' | 'symbol' | 'end' | 'error';
  text: string;
}

const symbols = [')', ',', '!', '==', '=', '>', '<', '!=', '('];
const special = '=!(),><';

function word(text: string, from: number): Token {
  let end = from;
  while (end < text.length && !special.includes(text.charAt(end)) && !/\s/.test(text.charAt(end))) end++;
  return { kind: 'word', text: text.slice(from, end) };
}

/** The longest symbol at the start of these characters, extended while it is one. */
function symbol(text: string, from: number): Token & { taken: number } {
  let read = '';
  let last = '';
  for (let at = from; at < text.length && special.includes(text.charAt(at)); at++) {
    read += text.charAt(at);
    if (symbols.includes(read)) last = read;
    else if (last !== '') break;
  }
  return last === ''
    ? { kind: 'error', text: `error expected: keyword found '${read}'`, taken: read.length }
    : { kind: 'symbol', text: last, taken: last.length };
}

/** The tokens of a label selector, as the API machinery's lexer finds them. */
export function tokensOf(selector: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < selector.length;) {
    const character = selector.charAt(at);
    if (/\s/.test(character)) at++;
    else if (special.includes(character)) {
      const { taken, ...token } = symbol(selector, at);
      tokens.push(token);
      at += taken;
    } else {
      const token = word(selector, at);
      tokens.push(token);
      at += token.text.length;
    }
  }
  return [...tokens, { kind: 'end', text: '' }];
}
