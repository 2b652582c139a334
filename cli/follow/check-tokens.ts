import { Lexer } from 'yaml';

import { CommandError } from '../errors.ts';

/** A parsed token takes up to a kilobyte. Tekton's largest CustomResourceDefinition has 35,000. */
const MAX_TOKENS = 500_000;

/** The API server's limit. */
const MAX_DEPTH = 500;

/** A token that ends a line. On one line, each `- ` or `? ` opens a level. */
const ENDS_LINE = /^[\r\n]/;

/**
 * Checks a text before it is parsed, because a few megabytes of brackets would take gigabytes of memory. Throws CommandError for more than
 * MAX_TOKENS tokens and for more than MAX_DEPTH levels.
 */
export function checkTokens(text: string, name: string): void {
  let tokens = 0;
  let flowDepth = 0;
  let lineDepth = 0;
  let line = 1;
  for (const token of new Lexer().lex(text)) {
    if (++tokens > MAX_TOKENS)
      throw new CommandError(
        `${name}:${line}: the file is too large: it has more than ${MAX_TOKENS} tokens up to here: split it`,
      );
    if (token === '[' || token === '{') flowDepth++;
    else if (token === ']' || token === '}') flowDepth--;
    else if (token === '-' || token === '?') lineDepth++;
    else if (ENDS_LINE.test(token)) lineDepth = 0;
    if (flowDepth > MAX_DEPTH || lineDepth > MAX_DEPTH)
      throw new CommandError(`${name}:${line}: lists and maps are nested deeper than ${MAX_DEPTH} levels`);
    for (let at = token.indexOf('\n'); at !== -1; at = token.indexOf('\n', at + 1)) line++;
  }
}
