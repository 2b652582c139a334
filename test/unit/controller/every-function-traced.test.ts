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
  expect(files.flatMap((file) => untraced(readFileSync(new URL(file, root), 'utf8'), file))).toEqual([]);
});
