import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import net from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { RunReport } from '../../cli/run/report.ts';
import { STATUS_CODE } from '../../shared/otlp/types.ts';
import type { TracesData } from '../../shared/otlp/types.ts';
import { cli } from '../e2e/support/cli.ts';
import { expectWhole, spansOf } from '../e2e/support/trace.ts';
import type { FlatSpan } from '../e2e/support/trace.ts';
import { isolations } from '../support/isolations.ts';
import { builds } from './builds.ts';

// A cold `go test` compiles Go's library first.
const TIMEOUT_MS = 600_000;
/** The ports that examples name: of a server, of a database. */
const PORTS = /18473|18479/g;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-builds-'));
});
afterAll(() => rm(directory, { recursive: true }));

async function freePort(): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen(0, resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** The example, with a port of its own: somebody else on this machine may have the one it names. An example names one port at most. */
async function exampleFile(name: string): Promise<string> {
  const copy = path.join(directory, name);
  const text = await readFile(path.join('examples', name), 'utf8');
  await writeFile(copy, text.replaceAll(PORTS, String(await freePort())));
  return copy;
}

/** Tasks, attempts, sidecars and steps with their places below the run, as `ExpectedBuild` has them. */
function shape(spans: FlatSpan[]): string[] {
  const byId = new Map(spans.map((span) => [span.id, span]));
  const place = (span: FlatSpan): string => {
    const above = byId.get(span.parent);
    const name = span.name.replace(/^(task|step) /, '');
    return above === undefined || above.parent === '' ? name : `${place(above)}/${name}`;
  };
  const mark = ({ status, attributes }: FlatSpan): string => {
    if (status === STATUS_CODE.error) return '!';
    return attributes['cicd.pipeline.task.run.result'] === 'skip' ? '-' : '';
  };
  return spans
    .filter(({ name }) => /^(task|attempt|sidecar|step) /.test(name))
    .map((span) => mark(span) + place(span))
    .sort();
}

describe.each(isolations)('in isolation %s', (isolation) => {
  test.each(builds)(
    'examples/$file builds what it says',
    async ({ file, code, results, lines, spans }) => {
      const traceFile = path.join(directory, 'trace.json');
      const args = ['--isolation', isolation, '--output', 'json', '--trace-out', traceFile];
      const ended = await cli(['run', '-f', await exampleFile(file), ...args]);
      const shown = stripVTControlCharacters(ended.stderr);
      expect({ code: ended.code, shown: ended.code === code ? '' : shown }).toEqual({ code, shown: '' });
      const report = JSON.parse(ended.stdout) as RunReport;
      expect(report.succeeded).toBe(code === 0);
      expect(Object.keys(report.results).sort()).toEqual(Object.keys(results).sort());
      for (const [name, value] of Object.entries(results)) {
        const got = report.results[name];
        const text = typeof got === 'string' ? got : JSON.stringify(got);
        expect({ name, value: text }).toEqual({
          name,
          value: value instanceof RegExp ? expect.stringMatching(value) : value,
        });
      }
      const written = shown.split('\n').map((line) => line.trim());
      for (const line of lines)
        expect(written).toContainEqual(line instanceof RegExp ? expect.stringMatching(line) : line);
      const trace = spansOf(JSON.parse(await readFile(traceFile, 'utf8')) as TracesData);
      const root = expectWhole(trace);
      expect(root.status).toBe(code === 0 ? STATUS_CODE.unset : STATUS_CODE.error);
      expect(shape(trace)).toEqual([...spans].sort());
    },
    TIMEOUT_MS,
  );
});

test('every example is run here, and is in the table of examples/README.md', async () => {
  const files = (await readdir('examples')).filter((name) => name !== 'README.md').sort();
  expect(builds.map(({ file }) => file).sort()).toEqual(files);
  const readme = await readFile('examples/README.md', 'utf8');
  expect([...readme.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name).sort()).toEqual(files);
});
