import { readdirSync, readFileSync } from 'node:fs';

import { expect, test } from '@jest/globals';
import ts from 'typescript';

const root = new URL('../../../', import.meta.url);

function sources(folder: string): string[] {
  return readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => `${folder}${file}`);
}

function isFunction(node: ts.Node): node is ts.FunctionLikeDeclaration {
  return ts.isFunctionLike(node) && 'body' in node && node.body !== undefined;
}

/** An arrow function handed straight to a call: to `traced`, or a callback (of `map`, say) that is part of the function it stands in. */
function isInlineCallback(node: ts.Node): boolean {
  const { parent } = node;
  if (!ts.isArrowFunction(node) || !parent) return false;
  if (ts.isCallExpression(parent) || ts.isNewExpression(parent)) return parent.arguments?.includes(node) ?? false;
  return false;
}

/** `line: function` for each function of the source that no span stands for. */
export function untraced(text: string, file = 'source.ts'): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2024, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (isFunction(node) && !isInlineCallback(node)) {
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push(`${file}:${line + 1}: ${node.getText().split('\n')[0]}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** Functions that upstream exports, and so writes with a capital: their spans have upstream's name. */
const UPSTREAM_NAMES = [
  'DAGExecutionQueue',
  'MakeTaskRunStatus',
  'ValidateBindings',
  'ValidateOnError',
  'ValidateResolvedTask',
];

/** `function: span` for each traced function whose span has another name: it would not be found by it. */
export function misnamed(text: string): string[] {
  const source = ts.createSourceFile('source.ts', text, ts.ScriptTarget.ES2024, true);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.initializer && ts.isCallExpression(node.initializer)) {
      const { expression, arguments: given } = node.initializer;
      const [name] = given;
      if (expression.getText() === 'traced' && name && ts.isStringLiteral(name)) {
        const own = node.name.getText();
        const isUpstreams = UPSTREAM_NAMES.includes(name.text) && name.text.toLowerCase() === own.toLowerCase();
        if (name.text !== own && !isUpstreams) found.push(`${own}: ${name.text}`);
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

test.each([
  ["const good = traced('good', () => 1);", 0],
  ["const validateBindings = traced('ValidateBindings', () => 1);", 0],
  ["const good = traced('other', () => 1);", 1],
  ["const good = traced('Good', () => 1);", 1],
  ["const outer = traced('outer', () => { const inner = traced('x', () => 1); return inner(); });", 1],
])('%s: %d spans with another name', (text, count) => expect(misnamed(text)).toHaveLength(count));

test.each([
  ['function plain() {}', 1],
  ['const arrow = () => 1;', 1],
  ['const object = { method() { return 1; }, arrow: () => 2 };', 2],
  ['class Thing { run() {} get value() { return 1; } }', 2],
  ["const named = traced('named', function () { return 1; });", 1],
  ["const good = traced('good', (list: number[]) => list.map((one) => one + 1));", 0],
  ["const outer = traced('outer', () => { const inner = () => 1; return inner(); });", 1],
])('%s: %d functions without a span', (text, count) => expect(untraced(text)).toHaveLength(count));

test.each(['controller/pipelinerun/', 'controller/taskrun/'])('every function of %s is a span', (folder) => {
  const files = sources(folder);
  expect(files.length).toBeGreaterThan(5);
  const texts = files.map((file): [string, string] => [file, readFileSync(new URL(file, root), 'utf8')]);
  expect(texts.flatMap(([file, text]) => untraced(text, file))).toEqual([]);
  expect(texts.flatMap(([, text]) => misnamed(text))).toEqual([]);
});
