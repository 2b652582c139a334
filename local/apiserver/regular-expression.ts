import { RE2JS } from 're2js';
import { LruMap } from '../../shared/runtime/lru.ts';

const MAX_COMPILED = 500;
const compiled = new LruMap<string, RE2JS>(MAX_COMPILED);

/**
 * A regular expression with Kubernetes' syntax (RE2). It takes linear time, so it needs no time limit. Throws Go's error for an invalid
 * pattern.
 */
export function regularExpression(pattern: string): RE2JS {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const expression = RE2JS.compile(pattern);
  compiled.set(pattern, expression);
  return expression;
}

/** Whether the pattern matches somewhere in the text. Throws as `regularExpression`. */
export function matches(pattern: string, text: string): boolean {
  return regularExpression(pattern).test(text);
}

/** The first `limit` matches in the text, all when it is negative. Throws as `regularExpression`. */
export function findAll(pattern: string, text: string, limit: number): string[] {
  const matcher = regularExpression(pattern).matcher(text);
  const found: string[] = [];
  while ((limit < 0 || found.length < limit) && matcher.find()) found.push(matcher.group() ?? '');
  return found;
}
