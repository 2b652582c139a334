import { isObject } from '../object.ts';

type Step = (values: unknown[]) => unknown[];

function property(name: string): Step {
  return (values) => values.flatMap((value) => (isObject(value) && value[name] !== undefined ? [value[name]] : []));
}

const everything: Step = (values) =>
  values.flatMap((value) =>
    Array.isArray(value) ? (value as unknown[]) : isObject(value) ? Object.values(value) : [],
  );

function element(index: number): Step {
  return (values) =>
    values.flatMap((value) =>
      Array.isArray(value) && value.at(index) !== undefined ? [value.at(index) as unknown] : [],
    );
}

function literal(text: string): unknown {
  return /^(['"]).*\1$/.test(text) ? text.slice(1, -1) : (JSON.parse(text) as unknown);
}

/** `?(@.type=="Succeeded")`: equality or inequality with a literal, or mere existence. */
function filter(expression: string): Step {
  const match = /^@((?:\.[\w-]+)+)\s*(?:(==|!=)\s*(.+))?$/.exec(expression.trim());
  if (match === null) throw new Error(`unsupported filter ${JSON.stringify(expression)} in a JSONPath`);
  const [, path = '', operator, right] = match;
  const read = (item: unknown): unknown =>
    path
      .slice(1)
      .split('.')
      .reduce<unknown[]>((values, name) => property(name)(values), [item])[0];
  const expected = right === undefined ? undefined : literal(right.trim());
  const fits = (item: unknown): boolean =>
    operator === undefined ? read(item) !== undefined : (read(item) === expected) === (operator === '==');
  return (values) => values.flatMap((value) => (Array.isArray(value) ? (value as unknown[]).filter(fits) : []));
}

const token = /^(?:\.((?:\\.|[^.[\]\\])+)|\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+)\]|\[\?\((.*?)\)\]|(\.?\[?\*\]?))/;

/** Compiles the JSONPath of a printer column (`.status.conditions[?(@.type=="Ready")].status`); throws if it is not in this subset. */
export function compileJsonPath(path: string): (object: unknown) => unknown[] {
  const steps: Step[] = [];
  let rest = path.startsWith('.') || path.startsWith('[') ? path : `.${path}`;
  while (rest !== '' && rest !== '.') {
    const match = token.exec(rest);
    if (match === null) throw new Error(`unsupported JSONPath ${JSON.stringify(path)} at ${JSON.stringify(rest)}`);
    const [whole, dotted, quoted, index, condition] = match;
    if (dotted === '*') steps.push(everything);
    else if (dotted !== undefined) steps.push(property(dotted.replaceAll(/\\(.)/g, '$1')));
    else if (quoted !== undefined) steps.push(property(quoted.replaceAll(/\\(.)/g, '$1')));
    else if (index !== undefined) steps.push(element(Number(index)));
    else if (condition !== undefined) steps.push(filter(condition));
    else steps.push(everything);
    rest = rest.slice(whole.length);
  }
  return (object) => steps.reduce<unknown[]>((values, step) => step(values), [object]);
}
