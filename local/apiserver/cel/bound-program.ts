import { matches } from '../regular-expression.ts';
import { checkTime } from './bounded.ts';

/** A node of a parsed and checked expression, as @marcbachmann/cel-js has it. */
interface Node {
  op: string;
  args: unknown;
  /** What a macro was expanded to: another node, or the macro's own parts. */
  meta: { alternate?: unknown; macro?: unknown };
  /** Makes a call with the values of receiver and arguments. */
  handle?: (values: unknown[], ...more: unknown[]) => unknown;
}

/** What `all`, `exists`, `exists_one`, `map` and `filter` are expanded to. */
interface Comprehension {
  /** Whether the loop goes on; asked before each item. */
  condition?: (result: unknown) => boolean;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
const isNode = (value: unknown): value is Node => isObject(value) && 'op' in value && 'meta' in value;

function boundLoop(comprehension: Comprehension): void {
  const { condition } = comprehension;
  comprehension.condition = (result) => {
    checkTime();
    return condition?.(result) ?? true;
  };
}

/** The evaluator's `matches` is JavaScript's, whose time may grow exponentially with the text. */
function boundMatches(call: Node): void {
  const { handle } = call;
  call.handle = (values, ...more) => {
    const [text, pattern] = values;
    return typeof text === 'string' && typeof pattern === 'string' ? matches(pattern, text) : handle?.(values, ...more);
  };
}

/**
 * Makes a checked program end soon after its time is over: its loops check the time, and its regular expressions are RE2. The library has
 * no such limit, so this changes the syntax tree that it evaluates.
 */
export function boundProgram(tree: unknown, seen = new Set<unknown>()): void {
  if (Array.isArray(tree)) {
    for (const one of tree) boundProgram(one, seen);
    return;
  }
  if (!isNode(tree) || seen.has(tree)) return;
  seen.add(tree);
  const { op, args, meta } = tree;
  if (op === 'rcall' && Array.isArray(args) && args[0] === 'matches') boundMatches(tree);
  if (op === 'comprehension') boundLoop(args as Comprehension);
  const parts = [args, meta.macro].map((part) => (isObject(part) && !isNode(part) ? Object.values(part) : part));
  boundProgram([...parts, meta.alternate], seen);
}
