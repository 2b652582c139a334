import { labelValueProblems, qualifiedNameProblems } from '../qualified-name.ts';
import { badRequest } from '../status.ts';
import { tokensOf } from './selector-tokens.ts';
import type { Token } from './selector-tokens.ts';

export type Labels = Record<string, string>;
export type Matches = (labels: Labels) => boolean;

const operators = ['in', 'notin', '=', '==', '!=', '>', '<'];
const OPERATORS_TEXT = 'in, notin, =, ==, !=, gt, lt';

/** A reader of the tokens of a selector. */
interface Reader {
  next(): Token;
  ahead(): Token;
}

const isSymbol = (token: Token, text: string): boolean => token.kind === 'symbol' && token.text === text;
const unexpected = (token: Token, expected: string): Error =>
  badRequest(`found '${token.text}', expected: ${expected}`);

function checkKey(key: string): void {
  const problems = qualifiedNameProblems(key);
  if (problems.length > 0) throw badRequest(`<nil>: Invalid value: ${JSON.stringify(key)}: ${problems.join('; ')}`);
}

function checkValues(key: string, operator: string, values: string[]): void {
  const problems = values.flatMap((value, index) => [
    ...((operator === '>' || operator === '<') && !/^[+-]?\d+$/.test(value)
      ? [
          `values[${index}]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
        ]
      : []),
    ...(labelValueProblems(value).length === 0
      ? []
      : [`values[${index}][${key}]: Invalid value: ${JSON.stringify(value)}: ${labelValueProblems(value).join('; ')}`]),
  ]);
  if (problems.length > 0) throw badRequest(problems.length === 1 ? (problems[0] ?? '') : `[${problems.join(', ')}]`);
}

/** The members of `(a, b,)`: an empty place is an empty value. */
function members(reader: Reader): string[] {
  const values = new Set<string>();
  for (;;) {
    const token = reader.next();
    if (token.kind === 'word') {
      values.add(token.text);
      const after = reader.ahead();
      if (isSymbol(after, ')')) return [...values];
      if (!isSymbol(after, ',')) throw unexpected(after, "',' or ')'");
    } else if (isSymbol(token, ',')) {
      if (values.size === 0) values.add('');
      const after = reader.ahead();
      if (isSymbol(after, ',') || isSymbol(after, ')')) values.add('');
      if (isSymbol(after, ')')) return [...values];
    } else throw unexpected(token, "',', or identifier");
  }
}

function setValues(reader: Reader): string[] {
  const open = reader.next();
  if (!isSymbol(open, '(')) throw badRequest(`found '${open.text}' expected: '('`);
  const first = reader.ahead();
  if (isSymbol(first, ')')) {
    reader.next();
    return [''];
  }
  if (first.kind !== 'word' && !isSymbol(first, ',')) throw unexpected(first, "',', ')' or identifier");
  const values = members(reader);
  reader.next();
  return values.sort();
}

function exactValue(reader: Reader): string[] {
  const ahead = reader.ahead();
  if (ahead.kind === 'end' || isSymbol(ahead, ',')) return [''];
  const token = reader.next();
  if (token.kind !== 'word') throw unexpected(token, 'identifier');
  return [token.text];
}

function compares(operator: string, value: string | undefined, bound: string): boolean {
  if (value === undefined || !/^[+-]?\d+$/.test(value)) return false;
  return operator === '>' ? BigInt(value) > BigInt(bound) : BigInt(value) < BigInt(bound);
}

function requirement(reader: Reader): Matches {
  let token = reader.next();
  const negated = isSymbol(token, '!');
  if (negated) token = reader.next();
  if (token.kind !== 'word') throw unexpected(token, 'identifier');
  const key = token.text;
  checkKey(key);
  const ahead = reader.ahead();
  if (negated) return (labels) => !Object.hasOwn(labels, key);
  if (ahead.kind === 'end' || isSymbol(ahead, ',')) return (labels) => Object.hasOwn(labels, key);
  const operator = reader.next();
  if (!operators.includes(operator.text)) throw unexpected(operator, OPERATORS_TEXT);
  const isSet = operator.text === 'in' || operator.text === 'notin';
  const values = isSet ? setValues(reader) : exactValue(reader);
  checkValues(key, operator.text, values);
  const [first = ''] = values;
  if (operator.text === '>' || operator.text === '<') return (labels) => compares(operator.text, labels[key], first);
  const wanted = operator.text !== 'notin' && operator.text !== '!=';
  return (labels) => (Object.hasOwn(labels, key) && values.includes(labels[key] ?? '')) === wanted;
}

function inRequirement(reader: Reader): Matches {
  try {
    return requirement(reader);
  } catch (error: unknown) {
    throw badRequest(`unable to parse requirement: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Parses the `labelSelector` query parameter; 400 with the API machinery's message if invalid. */
export function parseLabelSelector(selector: string): Matches {
  const tokens = tokensOf(selector);
  const end: Token = { kind: 'end', text: '' };
  let at = 0;
  const reader: Reader = { next: () => tokens[at++] ?? end, ahead: () => tokens[at] ?? end };
  const starts = (token: Token): boolean => token.kind === 'word' || isSymbol(token, '!');
  const all: Matches[] = [];
  while (reader.ahead().kind !== 'end') {
    if (!starts(reader.ahead())) throw unexpected(reader.ahead(), "!, identifier, or 'end of string'");
    all.push(inRequirement(reader));
    const after = reader.next();
    if (after.kind === 'end') break;
    if (!isSymbol(after, ',')) throw unexpected(after, "',' or 'end of string'");
    if (!starts(reader.ahead())) throw unexpected(reader.ahead(), "identifier after ','");
  }
  return (labels) => all.every((matches) => matches(labels));
}

export interface LabelSelector {
  matchLabels?: Record<string, string>;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

/** Whether labels match a LabelSelector; an empty or missing one matches all. */
export function matchesLabelSelector(selector: LabelSelector | undefined, labels: Labels): boolean {
  const pairs = Object.entries(selector?.matchLabels ?? {});
  if (!pairs.every(([key, value]) => labels[key] === value)) return false;
  return (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => {
    const value = labels[key];
    switch (operator) {
      case 'In':
        return value !== undefined && values.includes(value);
      case 'NotIn':
        return value === undefined || !values.includes(value);
      case 'Exists':
        return value !== undefined;
      default:
        return value === undefined;
    }
  });
}
