import { readFile } from 'node:fs/promises';

import { LineCounter, parseAllDocuments } from 'yaml';
import type { Document } from 'yaml';

import type { KubeObject } from '../../shared/kubernetes/types.ts';
import { CommandError } from '../errors.ts';

async function readText(file: string): Promise<string> {
  try {
    return file === '-' ? await readStandardInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`${file}: ${error instanceof Error ? error.message.replace(/^\w+: /, '') : String(error)}`);
  }
}

async function readStandardInput(): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of process.stdin) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

function asObject(value: unknown, where: string): KubeObject & { kind: string } {
  const object = value as Partial<KubeObject> | null;
  if (typeof object !== 'object' || object === null || Array.isArray(object))
    throw new CommandError(
      `${where}: expected a Kubernetes object, found ${Array.isArray(object) ? 'a list' : typeof value}`,
    );
  if (typeof object.apiVersion !== 'string') throw new CommandError(`${where}: apiVersion is missing`);
  if (typeof object.kind !== 'string') throw new CommandError(`${where}: kind is missing`);
  if (typeof object.metadata !== 'object' || object.metadata === null)
    throw new CommandError(`${where}: metadata is missing`);
  return object as KubeObject & { kind: string };
}

function plainValue(document: Document.Parsed, where: string): unknown {
  try {
    return document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    // Aliases that multiply, or that name no anchor.
    throw new CommandError(`${where}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The objects in a YAML or JSON file (`-`: standard input), several documents and Lists included. Throws CommandError with file, line and column. */
export async function readManifests(file: string): Promise<KubeObject[]> {
  const lineCounter = new LineCounter();
  const documents = parseAllDocuments(await readText(file), { lineCounter, prettyErrors: false });
  const objects: KubeObject[] = [];
  for (const document of 'empty' in documents ? [] : documents) {
    const [problem] = document.errors;
    if (problem) {
      const { line, col } = lineCounter.linePos(problem.pos[0]);
      throw new CommandError(`${file}:${line}:${col}: ${problem.message}`);
    }
    const { line } = lineCounter.linePos(document.contents?.range?.[0] ?? 0);
    const value = plainValue(document, `${file}:${line}`);
    if (value === null) continue;
    const object = asObject(value, `${file}:${line}`);
    const items = (object as { items?: unknown[] }).items;
    if (object.kind.endsWith('List') && Array.isArray(items))
      objects.push(...items.map((item, index) => asObject(item, `${file}:${line}: items[${index}]`)));
    else objects.push(object);
  }
  if (objects.length === 0) throw new CommandError(`${file}: holds no object`);
  return objects;
}
