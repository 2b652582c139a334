import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { expect, test } from '@jest/globals';
import ts from 'typescript';

const root = path.resolve(import.meta.dirname, '../../..');
const AREAS = ['shared', 'certs', 'webhook', 'controller', 'local', 'cli'];

function sources(area: string): string[] {
  return readdirSync(path.join(root, area), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(area, file));
}

/** The files of this repository that a file imports. */
function importsOf(file: string): string[] {
  const { importedFiles } = ts.preProcessFile(readFileSync(path.join(root, file), 'utf8'));
  return importedFiles
    .map(({ fileName }) => fileName)
    .filter((name) => name.startsWith('.'))
    .map((name) => path.join(path.dirname(file), name));
}

/** The areas that need each file, straight or by way of other files of `shared/`. */
function areasByFile(): Map<string, Set<string>> {
  const areas = new Map<string, Set<string>>();
  const visit = (file: string, area: string): void => {
    const known = areas.get(file) ?? new Set();
    if (known.has(area)) return;
    areas.set(file, known.add(area));
    for (const imported of importsOf(file)) if (imported.startsWith('shared/')) visit(imported, area);
  };
  for (const area of AREAS.filter((one) => one !== 'shared'))
    for (const file of sources(area))
      for (const imported of importsOf(file)) if (imported.startsWith('shared/')) visit(imported, area);
  return areas;
}

test('shared/tekton has only files with users in two areas', () => {
  const areas = areasByFile();
  const files = sources('shared/tekton');
  expect(files.length).toBeGreaterThan(10);
  const misplaced = files
    .filter((file) => (areas.get(file)?.size ?? 0) < 2)
    .map((file) => `${file}: ${[...(areas.get(file) ?? ['nobody'])].join()}`);
  expect(misplaced).toEqual([]);
});
