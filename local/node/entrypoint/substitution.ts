import fs from 'node:fs';
import path from 'node:path';

const REFERENCE = /\$\(steps\.([a-zA-Z0-9-]+)\.results\.([a-zA-Z0-9_.-]+?)(?:\[(\*|\d+)\])?\)/g;

type ResultValue = string | string[] | Record<string, string>;

function loadResult(stepsDir: string, step: string, result: string): ResultValue {
  const text = fs.readFileSync(path.join(stepsDir, `step-${step}`, 'results', result), 'utf8');
  if (!/^\s*[[{]/.test(text)) return text;
  try {
    return JSON.parse(text) as ResultValue;
  } catch {
    return text; // A string result may resemble JSON without being valid.
  }
}

function one(value: ResultValue, index: string | undefined, key: string | undefined): string {
  if (Array.isArray(value)) return index === undefined ? JSON.stringify(value) : (value[Number(index)] ?? '');
  if (typeof value === 'object') return key === undefined ? JSON.stringify(value) : (value[key] ?? '');
  return value;
}

/** A result name has no dot, so what follows the first one is an object's key. */
function split(name: string): [string, string | undefined] {
  const dot = name.indexOf('.');
  return dot < 0 ? [name, undefined] : [name.slice(0, dot), name.slice(dot + 1)];
}

/** `$(steps.NAME.results.RESULT)` in one text. Throws when the step before did not write the result. */
export function substitute(text: string, stepsDir: string): string {
  return text.replace(REFERENCE, (_, step: string, name: string, index: string | undefined) => {
    const [result, key] = split(name);
    return one(loadResult(stepsDir, step, result), index, key);
  });
}

/** The same for a command, where `$(steps.NAME.results.RESULT[*])` as a whole argument becomes one argument per element. */
export function substituteCommand(command: string[], stepsDir: string): string[] {
  return command.flatMap((argument) => {
    const [match] = [...argument.matchAll(REFERENCE)];
    if (match?.[3] === '*' && match[0] === argument) {
      const value = loadResult(stepsDir, match[1] ?? '', split(match[2] ?? '')[0]);
      return Array.isArray(value) ? value : [one(value, undefined, undefined)];
    }
    return [substitute(argument, stepsDir)];
  });
}

interface WhenExpression {
  input?: string;
  operator?: string;
  values?: string[];
  cel?: string;
}

/** Whether the step may run. Throws for a CEL expression, which this entrypoint cannot evaluate. */
export function allows(whenExpressions: string, stepsDir: string): boolean {
  if (whenExpressions === '') return true;
  const expressions = JSON.parse(whenExpressions) as WhenExpression[];
  return expressions.every(({ input = '', operator, values = [], cel }) => {
    if (cel) throw new Error(`when expression "${cel}": CEL is not supported by this node's entrypoint`);
    const found = substituteCommand(values, stepsDir).includes(substitute(input, stepsDir));
    return operator === 'notin' ? !found : found;
  });
}
