import { afterAll, beforeAll, expect, test } from '@jest/globals';

import { startLocalCluster } from '../../cli/local/cluster.ts';
import type { LocalCluster } from '../../cli/local/cluster.ts';
import type { Run } from '../../cli/follow/follow-run.ts';
import { MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../shared/kubernetes/resources.ts';
import { locateSpans } from '../../shared/otlp/spans.ts';
import { silentLogger } from '../../shared/runtime/log.ts';
import { runSpan } from '../../shared/tracing/run-context.ts';
import { isolation } from '../support/isolations.ts';
import { create, finish, pipelineRun } from './support/run.ts';
import { expectWhole } from './support/trace.ts';

let cluster: LocalCluster;

beforeAll(async () => {
  cluster = await startLocalCluster({ isolation, sink: undefined, log: silentLogger });
});
afterAll(() => cluster.close());

/** What `kubectl get -o yaml | kubectl create -f -` sends after the name is changed: annotations and status are still in it. */
function copyOf(run: Run): Run {
  const { name, uid: _uid, resourceVersion: _version, generateName: _generateName, ...metadata } = run.metadata;
  return { ...run, metadata: { ...metadata, name: `${name}-again` } };
}

async function expectOwnTrace(original: Run, copy: Run): Promise<void> {
  const { run, spans } = await finish(cluster, copy);
  const [first, second] = [runSpan(original), runSpan(run)];
  expect(second?.traceId).not.toBe(first?.traceId);
  const root = expectWhole(spans);
  expect(root.id).toBe(second?.spanId);
  const trace = cluster.traces.trace(second?.traceId ?? '');
  const links = (trace ? locateSpans(trace) : []).find(({ span }) => span.spanId === root.id)?.span.links;
  expect(links?.map((link) => [link.traceId, link.spanId])).toEqual([[first?.traceId, first?.spanId]]);
}

test('a run made from another’s YAML gets a trace of its own and a link, with the webhook up', async () => {
  const { run } = await finish(
    cluster,
    await create<Run>(cluster.client, pipelineRun('seen', [{ name: 'one', script: 'true' }])),
  );
  await expectOwnTrace(run, await create<Run>(cluster.client, copyOf(run)));
});

test('and with the webhook down: at once, and long after', async () => {
  const { run } = await finish(
    cluster,
    await create<Run>(cluster.client, pipelineRun('unseen', [{ name: 'one', script: 'true' }])),
  );
  await cluster.client.request('DELETE', resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: 'tektrace-webhook' }));
  await expectOwnTrace(run, await create<Run>(cluster.client, copyOf(run)));
  const old = structuredClone(run);
  old.metadata.annotations = {
    ...old.metadata.annotations,
    'tekton/admission-time': '2020-01-01T00:00:00.000Z/2020-01-01T00:00:00.001Z',
  };
  old.metadata.name = `${run.metadata.name}-old`;
  await expectOwnTrace(run, await create<Run>(cluster.client, copyOf(old)));
});

test('a run that no webhook stamped gets its trace from the controller', async () => {
  const { spans } = await finish(
    cluster,
    await create<Run>(cluster.client, pipelineRun('unstamped', [{ name: 'one', script: 'echo $TRACEPARENT' }])),
  );
  expect(expectWhole(spans).name).toBe('RUN unstamped');
});
