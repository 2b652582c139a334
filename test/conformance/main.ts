import { cases } from './api/cases.ts';
import { readArguments, usage } from './arguments.ts';
import type { Asked } from './arguments.ts';
import { fuzzBoth } from './fuzz/main.ts';
import { compareCase, namespaceOf, problemsOf } from './harness/run.ts';
import { makeNamespaces, startBoth } from './harness/servers.ts';
import type { ConformanceCase } from './harness/types.ts';

interface Row {
  cases: number;
  embedded: number;
  real: number;
  equal: number;
}

function print(table: Map<string, Row>, versions: { embedded: string; real: string }): void {
  const line = (cells: (string | number)[]): string =>
    cells.map((cell, index) => (index === 0 ? String(cell).padEnd(22) : String(cell).padStart(10))).join('');
  const total: Row = { cases: 0, embedded: 0, real: 0, equal: 0 };
  console.log(`embedded ${versions.embedded}, real kube-apiserver ${versions.real}\n`);
  console.log(line(['area', 'cases', 'embedded', 'real', 'equal']));
  for (const [area, row] of table) {
    console.log(line([area, row.cases, row.embedded, row.real, row.equal]));
    for (const key of ['cases', 'embedded', 'real', 'equal'] as const) total[key] += row[key];
  }
  console.log(line(['all', total.cases, total.embedded, total.real, total.equal]));
  const percent = Math.floor((total.equal / total.cases) * 1000) / 10;
  console.log(`\n${percent} % equal`);
}

interface Chosen {
  one: ConformanceCase;
  namespace: string;
}

const chosenBy = (only: string): Chosen[] =>
  cases.flatMap((one, index) =>
    `${one.area}: ${one.name}`.includes(only) ? [{ one, namespace: namespaceOf(index) }] : [],
  );

/** Runs cases on both servers; true when all hold on both and are equal. */
async function compareAll(chosen: Chosen[]): Promise<boolean> {
  const servers = await startBoth();
  const table = new Map<string, Row>();
  try {
    for (const server of [servers.real, servers.embedded])
      await makeNamespaces(
        server,
        chosen.map(({ namespace }) => namespace),
      );
    for (const { one, namespace } of chosen) {
      const row = table.get(one.area) ?? { cases: 0, embedded: 0, real: 0, equal: 0 };
      table.set(one.area, row);
      const comparison = await compareCase(servers, one, namespace);
      const { embedded, real } = comparison;
      const problems = problemsOf(comparison);
      row.cases += 1;
      row.embedded += embedded.failure === undefined ? 1 : 0;
      row.real += real.failure === undefined ? 1 : 0;
      row.equal += problems.length === 0 ? 1 : 0;
      if (problems.length > 0)
        console.log(`${one.area}: ${one.name}\n${problems.map((text) => `    ${text}`).join('\n')}`);
    }
    const { embedded, real } = servers;
    print(table, { embedded: embedded.cluster.capabilities.version, real: real.cluster.capabilities.version });
  } finally {
    await servers.stop();
  }
  return [...table.values()].every((row) => row.equal === row.cases);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function refuse(problem: string): number {
  process.stderr.write(`conformance: ${problem}\n\n${usage}`);
  return 2;
}

async function main(args: string[]): Promise<number> {
  let asked: Asked;
  try {
    asked = readArguments(args, Date.now() % 1_000_000_000);
  } catch (error) {
    return refuse(messageOf(error));
  }
  switch (asked.what) {
    case 'help':
      process.stdout.write(usage);
      return 0;
    case 'sequences':
      return (await fuzzBoth(asked)) ? 0 : 1;
    case 'cases': {
      const chosen = chosenBy(asked.only);
      if (chosen.length === 0) return refuse(`--only ${asked.only}: no case's \`area: name\` contains it`);
      return (await compareAll(chosen)) ? 0 : 1;
    }
  }
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`conformance: ${messageOf(error)}\n`);
  process.exitCode = 1;
}
