import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { provideRequirements } from '../clusters/whole/requirements.ts';
import type { ShownSpan } from '../peers/support/jaeger-trace.ts';
import { until } from '../peers/support/until.ts';
import { kinds } from './kinds/all.ts';
import { pipelineRun, step, task } from './kinds/kind.ts';
import type { Kind, Setting } from './kinds/kind.ts';
import { startFollowCluster } from './support/cluster.ts';
import type { FollowCluster } from './support/cluster.ts';
import { inTurn } from './support/in-turn.ts';
import { LiveRun } from './support/live-run.ts';
import { pacedRuns } from './support/paced.ts';
import { setNativeSidecars, traceUpstream } from './support/settings.ts';
import { startRegistry } from './support/registry.ts';
import { timeProblems } from './support/times.ts';
import { defects, inOrder, lifecycleNodes } from './support/tree.ts';
import type { SpanNode } from './support/tree.ts';
import { splitRuns } from './support/upstream-spans.ts';
import type { Split } from './support/upstream-spans.ts';
import { spansNamed, verify } from './support/verify.ts';
import type { Outcome } from './support/verify.ts';

const UP_TIMEOUT_MS = 300_000;
const RUNS_TIMEOUT_MS = 900_000;
/** So many runs at once that the machine is busy, and a Pod still starts within the timeouts of the table. */
const AT_ONCE = 8;
/** Upstream alone splits two of five traces. FOLLOW_PACED_RUNS=200 measures it at length. */
const PACED = Number(process.env['FOLLOW_PACED_RUNS'] ?? 40);
const PACE_MS = 1_500;
/** How long each part of an image takes to come from the registry. */
const SLOW_MS = 3_000;

let cluster: FollowCluster;
beforeAll(async () => {
  await provideRequirements((line) => process.stderr.write(`${line}\n`));
  cluster = await startFollowCluster();
}, UP_TIMEOUT_MS);
afterAll(async () => {
  await cluster?.stop();
}, UP_TIMEOUT_MS);

const statuses = (outcome: Outcome, name: string): string[] =>
  spansNamed(outcome, name).map(({ tags }) => String(tags['otel.status_description']));

/** Throws what differs from the trace that a run of the kind must have. */
function expectKind(kind: Kind, outcome: Outcome | Error | undefined): void {
  if (outcome === undefined || outcome instanceof Error) throw outcome ?? new Error('it was not run');
  const { trees, defects, times, steps, links, linkedTrace, upstream } = outcome;
  expect(trees).toEqual([inOrder(kind.tree)]);
  expect({ defects, times, upstream }).toEqual({ defects: [], times: [], upstream: [] });
  expect(links).toEqual(kind.isLinked === true ? [linkedTrace] : []);
  expect(steps).toEqual({ read: kind.steps ?? expect.any(Number), problems: [] });
  for (const [name, message] of Object.entries(kind.messages ?? {}))
    expect(statuses(outcome, name)).toEqual([expect.stringMatching(message)]);
  for (const [name, tags] of Object.entries(kind.tags ?? {}))
    expect(spansNamed(outcome, name).map((span) => span.tags)).toEqual([expect.objectContaining(tags)]);
}

/** Makes all runs of a setting, and keeps what came back of each, be it an error. */
async function verifyAll(namespace: string, isTraced: boolean, setting?: Setting): Promise<Map<Kind, Outcome | Error>> {
  const outcomes = new Map<Kind, Outcome | Error>();
  const chosen = kinds.filter((kind) => kind.setting === setting);
  await inTurn(AT_ONCE, chosen, async (kind) => {
    const outcome = await verify(cluster, namespace, kind, isTraced).catch((error: unknown) => error as Error);
    outcomes.set(kind, outcome);
  });
  return outcomes;
}

async function verifyEachSetting(namespace: string, isTraced: boolean): Promise<Map<Kind, Outcome | Error>> {
  await cluster.createNamespace(namespace);
  const plain = await verifyAll(namespace, isTraced);
  await setNativeSidecars(cluster, true);
  const native = await verifyAll(namespace, isTraced, 'native sidecars');
  await setNativeSidecars(cluster, false);
  await cluster.setWebhook(false);
  const unseen = await verifyAll(namespace, isTraced, 'no webhook');
  await cluster.setWebhook(true);
  return new Map([...plain, ...native, ...unseen]);
}

describe.each(['off', 'on'])('upstream’s tracing is %s', (tracing) => {
  let outcomes: Map<Kind, Outcome | Error>;
  beforeAll(async () => {
    if (tracing === 'on') await traceUpstream(cluster);
    outcomes = await verifyEachSetting(`tracing-${tracing}`, tracing === 'on');
  }, RUNS_TIMEOUT_MS);

  test.each(kinds)('$title', (kind) => {
    expectKind(kind, outcomes.get(kind));
  });
});

test(
  `of ${PACED} runs, made one after the other with upstream’s tracing on, none has a split trace`,
  async () => {
    await cluster.createNamespace('paced');
    const run = pipelineRun('', [task('a', [step('only')]), task('b', [step('only')], { runAfter: ['a'] })]);
    const written = { ...run, metadata: { generateName: 'paced-' } };
    const runs = await pacedRuns(cluster, 'paced', written, { count: PACED, paceMs: PACE_MS });
    const split: Split[] = [];
    for (const live of runs) split.push(...(await splitRuns(live)));
    expect(split).toEqual([]);
  },
  RUNS_TIMEOUT_MS,
);

test(
  'an image that is pulled from a registry has a span as long as the pull',
  async () => {
    await cluster.createNamespace('pulling');
    const registry = await startRegistry(SLOW_MS);
    try {
      cluster.relay(registry.port, registry.port);
      const image = `127.0.0.1:${registry.port}/tektrace.test/pulled:1`;
      const written = pipelineRun('pulled', [task('only', [{ ...step('only'), image }])]);
      const live = await LiveRun.create(cluster, 'pulling', written);
      const trace = await live.trace();
      const { shown } = trace;
      const named = (name: string): ShownSpan | undefined => shown.find((span) => span.name === name);
      const pull = named(`image pull ${image}`);
      expect(pull?.parentSpanId).toBe(named('pod starting')?.spanId);
      // The Events have whole seconds.
      expect((pull?.endMs ?? NaN) - (pull?.startMs ?? NaN)).toBeGreaterThanOrEqual(SLOW_MS - 1_000);
      expect(timeProblems(lifecycleNodes(trace)[0] as SpanNode, live.family())).toEqual([]);
      expect(defects(trace, false)).toEqual([]);
    } finally {
      await registry.close();
    }
  },
  RUNS_TIMEOUT_MS,
);

test(
  'kubectl describe names the trace of a run, in one Event',
  async () => {
    await cluster.createNamespace('described');
    const live = await LiveRun.create(cluster, 'described', pipelineRun('described', [task('a', [step('only')])]));
    await live.exported();
    const { name = '' } = live.created.metadata;
    const described = await until('the Event', async () => {
      const text = await cluster.kubectl('describe', '--namespace=described', 'pipelinerun', name);
      return text.includes('TraceExported') ? text : undefined;
    });
    expect(described.match(/TraceExported .*/g)).toEqual([expect.stringContaining(`trace ${live.traceId()}`)]);
  },
  RUNS_TIMEOUT_MS,
);
