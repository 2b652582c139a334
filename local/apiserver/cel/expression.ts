import type { Environment } from '@marcbachmann/cel-js';
import { boundProgram } from './bound-program.ts';
import { checkTime, TimeExceededError, withinTime } from './bounded.ts';
import { asCelError, compileProblem } from './compile-text.ts';
import type { CelError } from './compile-text.ts';

/** cel-go's limits. */
const MAX_EXPRESSION_LENGTH = 100_000;
const MAX_DEPTH = 250;
const COMPILE_TIME_MS = 1000;

/** A compile error with a kube-apiserver's message. */
export class CompileError extends Error {}

export interface Expression {
  text: string;
  /** Whether it uses this variable. */
  uses(this: void, variable: string): boolean;
  /** The value for these variables. Throws an Error in cel-go's words, and a TimeExceededError after `timeoutMs`. */
  evaluate(this: void, variables: Record<string, unknown>, timeoutMs: number): unknown;
}

/** A compile error with line and column, the source line, and an arrow below. */
function pointed(text: string, offset: number, problem: string): string {
  const before = text.slice(0, offset).split('\n');
  const column = before.at(-1)?.length ?? 0;
  const line = text.split('\n')[before.length - 1] ?? '';
  return `ERROR: <input>:${before.length}:${column + 1}: ${problem}\n | ${line}\n | ${'.'.repeat(column)}^`;
}

function compileText(environment: Environment, text: string, error: CelError): string {
  if (error.summary === `Exceeded maxDepth (${MAX_DEPTH})`)
    return `ERROR: <input>:-1:0: expression recursion limit exceeded: ${MAX_DEPTH}`;
  const functions = new Set(environment.getDefinitions().functions.map(({ name }) => name));
  const problem = compileProblem(text, error, functions);
  return pointed(text, problem.offset, problem.text);
}

function evaluationText({ code, summary, message }: CelError): string {
  const text = summary ?? message;
  if (code === 'no_such_key') return text.replace(/^No such key/, 'no such key');
  if (code === 'index_out_of_bounds') return `index out of bounds: ${/index (-?\d+)/.exec(text)?.[1] ?? ''}`;
  return code === 'no_such_overload' ? 'no such overload' : text;
}

function speaksOf(node: unknown, variable: string): boolean {
  if (Array.isArray(node)) return node.some((one) => speaksOf(one, variable));
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return false;
  return node.op === 'id' ? node.args === variable : speaksOf(node.args, variable);
}

interface CallNode {
  op: string;
  args: unknown;
  start: number;
  end: number;
}

/** The calls of `has` in an expression. */
function presenceTests(node: unknown): CallNode[] {
  if (Array.isArray(node)) return node.flatMap(presenceTests);
  if (typeof node !== 'object' || node === null || !('op' in node) || !('args' in node)) return [];
  const own = node.op === 'call' && Array.isArray(node.args) && node.args[0] === 'has' ? [node as CallNode] : [];
  return [...own, ...presenceTests(node.args)];
}

/** The evaluator accepts `has(a.b)` for undeclared fields: each is checked as a use of the field instead. Throws a CompileError. */
function checkPresenceTests(environment: Environment, text: string, ast: unknown): void {
  for (const { start, end } of presenceTests(ast)) {
    checkTime();
    if (!text.startsWith('has(', start)) continue;
    const used = `${text.slice(0, start)}dyn(${text.slice(start + 4, end)}.matches('')${text.slice(end)}`;
    const { valid, error } = environment.parse(used).check();
    const field = /^No such key: (.+)$/.exec(asCelError(error).summary ?? '')?.[1];
    if (!valid && field !== undefined)
      throw new CompileError(
        `compilation failed: ${pointed(text, start + 'has'.length, `undefined field '${field}'`)}`,
      );
  }
}

/** The type that an expression must have, and the error for other types. */
export interface Outcome {
  type: 'bool' | 'string';
  refuse(this: void, actual: string): string;
}

function compileWithin(environment: Environment, text: string, outcome: Outcome): ReturnType<Environment['parse']> {
  return withinTime(COMPILE_TIME_MS, () => {
    const program = environment.parse(text);
    const { valid, type = '', error } = program.check();
    if (!valid) throw error ?? new Error('the expression is not valid');
    if (type !== outcome.type) throw new CompileError(outcome.refuse(type.replaceAll('<', '(').replaceAll('>', ')')));
    checkPresenceTests(environment, text, program.ast);
    boundProgram(program.ast);
    return program;
  });
}

const condition: Outcome = { type: 'bool', refuse: (actual) => `must evaluate to bool but got ${actual}` };

/** Compiles an expression whose value is a bool. Throws a CompileError. */
export const compileCondition = (environment: Environment, text: string): Expression =>
  compileExpression(environment, text, condition);

/** Compiles an expression. Throws a CompileError. */
export function compileExpression(environment: Environment, text: string, outcome: Outcome): Expression {
  if (text.length > MAX_EXPRESSION_LENGTH)
    throw new CompileError(
      `compilation failed: ERROR: <input>:-1:0: expression code point size exceeds limit: size: ${text.length}, limit ${MAX_EXPRESSION_LENGTH}`,
    );
  const compile = (): ReturnType<Environment['parse']> => {
    try {
      return compileWithin(environment, text, outcome);
    } catch (error: unknown) {
      if (error instanceof CompileError) throw error;
      throw new CompileError(`compilation failed: ${compileText(environment, text, asCelError(error))}`, {
        cause: error,
      });
    }
  };
  const program = compile();
  return {
    text,
    uses: (variable) => speaksOf(program.ast, variable),
    evaluate(variables, timeoutMs) {
      try {
        return withinTime(timeoutMs, () => program(variables) as unknown);
      } catch (error: unknown) {
        if (error instanceof TimeExceededError) throw error;
        throw new Error(evaluationText(asCelError(error)), { cause: error });
      }
    },
  };
}
