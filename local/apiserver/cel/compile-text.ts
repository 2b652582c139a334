/** The evaluator's compile errors in cel-go's words, with cel-go's position. */

interface Range {
  start: number;
  end: number;
}

/** As @marcbachmann/cel-js throws it; `node` is where the error is. */
export interface CelError {
  name?: string;
  code?: string;
  summary?: string;
  message: string;
  range?: Range;
  node?: { op?: string; args?: unknown };
}

interface Problem {
  text: string;
  /** Where in the expression, counted in UTF-16 units. */
  offset: number;
}

export function asCelError(error: unknown): CelError {
  return typeof error === 'object' && error !== null && 'message' in error
    ? (error as CelError)
    : { message: String(error) };
}

const goType = (type: string): string => type.replaceAll('<', '(').replaceAll('>', ')');

function rangeOf(node: unknown): Range | undefined {
  return (node as { range?: Range } | undefined)?.range;
}

function noOverload(name: string, types: (string | undefined)[]): string {
  return `found no matching overload for '${name}' applied to '(${types.map((type) => goType(type ?? '')).join(', ')})'`;
}

/** `1 + 'a'`, `-'a'`, `c ? 1 : 'a'`: operators that do not take these types. */
function operatorProblem(expression: string, { summary = '', node, range }: CelError): Problem | undefined {
  const operands = Array.isArray(node?.args) ? (node.args as unknown[]) : [];
  const after = rangeOf(operands[0])?.end ?? 0;
  const offset = after + expression.slice(after).search(/\S|$/);
  const branches = /^Ternary branches must have the same type, got '(.+)' and '(.+)'$/.exec(summary);
  if (branches !== null) return { text: noOverload('_?_:_', ['bool', branches[1], branches[2]]), offset };
  const unary = /^no such overload: ([!-])(\S+)$/.exec(summary);
  if (unary !== null) return { text: noOverload(`${unary[1] ?? ''}_`, [unary[2]]), offset: range?.start ?? 0 };
  const binary = /^no such overload: (.+) (\S+) (.+)$/.exec(summary);
  if (binary === null) return undefined;
  const [, left, operator = '', right] = binary;
  return { text: noOverload(operator === 'in' ? '@in' : `_${operator}_`, [left, right]), offset };
}

function callProblem(
  expression: string,
  { summary = '', node, range }: CelError,
  functions: ReadonlySet<string>,
): Problem | undefined {
  const call = /^found no matching overload for '(?:(.+)\.)?(\w+)\((.*)\)'$/.exec(summary);
  if (call === null) return undefined;
  const [, receiver, name = '', types = ''] = call;
  const [, holder] = Array.isArray(node?.args) ? (node.args as unknown[]) : [];
  const from = node?.op === 'rcall' ? (rangeOf(holder)?.end ?? 0) : (range?.start ?? 0);
  const offset = Math.max(0, expression.indexOf('(', from));
  if (!functions.has(name)) return { text: `undeclared reference to '${name}' (in container '')`, offset };
  const target = receiver === undefined ? '' : `${goType(receiver)}.`;
  return { text: `found no matching overload for '${name}' applied to '${target}(${goType(types)})'`, offset };
}

function nameProblem(expression: string, { summary = '', range }: CelError): Problem | undefined {
  const offset = range?.start ?? 0;
  const variable = /^Unknown variable: (.+)$/.exec(summary)?.[1];
  if (variable !== undefined) return { text: `undeclared reference to '${variable}' (in container '')`, offset };
  const field = /^No such key: (.+)$/.exec(summary)?.[1];
  if (field !== undefined)
    return { text: `undefined field '${field}'`, offset: Math.max(0, expression.lastIndexOf('.', offset)) };
  const mixed = /expected type '(.+)' but found '(.+)'$/.exec(summary);
  return mixed === null
    ? undefined
    : { text: `expected type '${goType(mixed[1] ?? '')}' but found '${goType(mixed[2] ?? '')}'`, offset };
}

/** `functions`: the names of all known functions. */
export function compileProblem(expression: string, error: CelError, functions: ReadonlySet<string>): Problem {
  const known =
    nameProblem(expression, error) ?? operatorProblem(expression, error) ?? callProblem(expression, error, functions);
  if (known !== undefined) return known;
  const text = error.summary ?? error.message.split('\n')[0] ?? '';
  return { text: error.name === 'ParseError' ? `Syntax error: ${text}` : text, offset: error.range?.start ?? 0 };
}
