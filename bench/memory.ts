import { fork } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

import { startMeasuredController } from './memory/controller.ts';
import { runRollingLoad } from './memory/load.ts';
import type { MemoryUse } from './memory/probe.ts';
import { growth } from './memory/trend.ts';
import { startCollector } from './support/collector.ts';
import { measureMemory } from './support/memory-settings.ts';
import type { MemorySettings } from './support/memory-settings.ts';
import { startTestbed } from './support/testbed.ts';

const USAGE = `usage: npm run bench:memory -- [--runs N] [--concurrency N] [--every N]
  --runs         one-task PipelineRuns that are created, exported and deleted (default 20000)
  --concurrency  runs at a time (default 100)
  --every        runs from one look at the memory to the next (default: a hundredth of the runs)`;

/** Memory is flat when it grows by less than this part from a quarter of the runs to the end. */
const MAX_GROWTH = 0.05;
const MIB = 1024 * 1024;

/** The node plays in a process of its own, so that its memory and time are not the load's. */
async function startNode(kubeconfigPath: string): Promise<() => Promise<void>> {
  const child = fork(resolve(import.meta.dirname, 'memory/node.ts'), {
    execArgv: ['--disable-warning=ExperimentalWarning'],
    env: { ...process.env, KUBECONFIG: kubeconfigPath },
  });
  const ended = once(child, 'exit');
  await Promise.race([
    once(child, 'message'),
    ended.then(() => Promise.reject(new Error('the node ended before it was ready'))),
  ]);
  return async () => {
    child.kill('SIGTERM');
    await ended;
  };
}

function verdict(name: string, samples: { runs: number; bytes: number }[]): boolean {
  const grown = growth(samples);
  if (grown === undefined) {
    console.log(`${name}: too few samples to say`);
    return false;
  }
  const flat = grown < MAX_GROWTH;
  const percent = `${(grown * 100).toFixed(1)} %`;
  console.log(
    `${name}: ${flat ? 'flat' : 'GROWS'}, ${percent} from a quarter of the runs to the end (less than ${MAX_GROWTH * 100} % is flat)`,
  );
  return flat;
}

/** Resolves to whether the memory is flat. */
async function measure({ runs, concurrency, every }: MemorySettings, signal: AbortSignal): Promise<boolean> {
  const testbed = await startTestbed();
  const collector = await startCollector(() => undefined);
  const stops: (() => Promise<void>)[] = [];
  const samples: (MemoryUse & { runs: number })[] = [];
  try {
    stops.push(await startNode(testbed.cluster.server.kubeconfigPath));
    const controller = await startMeasuredController({
      ...{ kubeconfigPath: testbed.controllerKubeconfig, collectorUrl: collector.url, directory: testbed.directory },
    });
    stops.push(() => controller.stop());
    const startedMs = Date.now();
    let nextLook = 0;
    let looks = Promise.resolve();
    const look = async (done: number): Promise<void> => {
      const use = await controller.memory();
      samples.push({ runs: done, ...use });
      const seconds = (Date.now() - startedMs) / 1000;
      const cells = [done, seconds.toFixed(0), (done / seconds).toFixed(1), (use.rssBytes / MIB).toFixed(1)];
      console.log([...cells, (use.heapUsedBytes / MIB).toFixed(1)].map((cell) => String(cell).padStart(10)).join(''));
    };
    console.log(['runs', 'seconds', 'runs/s', 'RSS MiB', 'heap MiB'].map((head) => head.padStart(10)).join(''));
    const onDeleted = (done: number): void => {
      if (done < nextLook) return;
      nextLook += every;
      looks = looks.then(() => look(done));
    };
    await runRollingLoad({ client: testbed.cluster.client, runs, concurrency, onDeleted, signal });
    await looks;
  } finally {
    for (const stop of stops.reverse()) await stop();
    await collector.close();
    await testbed.stop();
  }
  const heap = verdict(
    'heap',
    samples.map((one) => ({ runs: one.runs, bytes: one.heapUsedBytes })),
  );
  const rss = verdict(
    'RSS',
    samples.map((one) => ({ runs: one.runs, bytes: one.rssBytes })),
  );
  return heap && rss;
}

const DEFAULTS = {
  runs: 20_000,
  concurrency: 100,
  every: (runs: number) => Math.max(50, Math.round(runs / 100)),
};

await measureMemory(USAGE, DEFAULTS, measure);
