import { describe, expect, test } from '@jest/globals';

import { goDurationMs } from '../../../../controller/lifecycle/pull.ts';
import type { PodEvent } from '../../../../controller/watch/essentials.ts';
import type { Pod } from '../../../../shared/kubernetes/pod.ts';
import type { SpanRecord } from '../../../../shared/tracing/span-record.ts';
import { deriveSpanId } from '../../../../shared/tracing/ids.ts';
import { at, ms, pod, ranTask, taskRun, TRACE } from './objects.ts';
import { taskRunSpans, expectWellFormed, named, names } from './spans.ts';

const about = (container: string, reason: string, seconds: number, message: string, rest: object = {}): PodEvent => ({
  metadata: { name: `${container}-${reason}`, namespace: 'ci' },
  involvedObject: { uid: 'uid-compile-pod', fieldPath: `spec.containers{${container}}` },
  reason,
  message,
  firstTimestamp: at(seconds),
  lastTimestamp: at(seconds),
  count: 1,
  ...rest,
});
const pulling = (container: string, seconds: number, rest: object = {}): PodEvent =>
  about(container, 'Pulling', seconds, 'Pulling image "alpine:3"', rest);
const pulled = (container: string, seconds: number, took: string, rest: object = {}): PodEvent =>
  about(container, 'Pulled', seconds, `Successfully pulled image "alpine:3" in ${took}`, rest);

const base = pod();
const withContainers: Pod = {
  ...base,
  spec: { containers: [{ name: 'step-fetch' }, { name: 'step-make' }], initContainers: [{ name: 'prepare' }] }, // prettier-ignore
};
const build = (events: PodEvent[], rest: object = {}): SpanRecord[] =>
  taskRunSpans({
    taskRun: taskRun(ranTask),
    pods: [withContainers],
    fold: false,
    podEventsOf: ({ metadata }) => (metadata.uid === 'uid-compile-pod' ? events : []),
    ...rest,
  });
const pulls = (events: PodEvent[]): SpanRecord[] => build(events).filter(({ name }) => name.startsWith('image pull'));

describe('an image that was pulled', () => {
  const took = '1.2s (1.2s including waiting). Image size: 3456789 bytes.';
  const spans = build([pulling('step-fetch', 3), pulled('step-fetch', 4, took)]);
  const pull = named(spans, 'image pull alpine:3');

  test('has a span below `pod starting`, under the id that anybody can compute', () => {
    expectWellFormed(spans);
    expect(pull).toMatchObject({
      spanId: deriveSpanId(TRACE, 'pull', 'uid-compile', 0, 'step-fetch'),
      parentSpanId: named(spans, 'pod starting').spanId,
      attributes: {
        'container.image.name': 'alpine:3',
        'k8s.container.name': 'step-fetch',
        'tektrace.image.size_bytes': 3456789,
      },
    });
  });

  test('took as long as the kubelet says, within the whole seconds of its Events', () => {
    expect([pull.startMs, pull.endMs]).toEqual([ms(3), ms(4.2)]);
    const [short] = pulls([pulling('step-fetch', 3), pulled('step-fetch', 4, '200ms')]);
    expect([short?.startMs, short?.endMs]).toEqual([ms(3.8), ms(4)]);
  });

  test('has the time that it waited for other pulls in it', () => {
    const [waited] = pulls([pulling('step-fetch', 3), pulled('step-fetch', 4, '200ms (1.5s including waiting)')]);
    expect([waited?.startMs, waited?.endMs]).toEqual([ms(3), ms(4.5)]);
  });

  test('while the first step ran already stands below the task', () => {
    const [later] = pulls([pulling('step-make', 6), pulled('step-make', 7, '900ms')]);
    expect(later?.parentSpanId).toBe(named(spans, 'task compile').spanId);
  });

  test('after attempts that failed covers them all, and says how many there were', () => {
    const again = { count: 3, lastTimestamp: at(8) };
    const [third] = pulls([pulling('step-make', 5, again), pulled('step-make', 9, '1s')]);
    expect([third?.startMs, third?.endMs]).toEqual([ms(5), ms(9)]);
    expect(third?.attributes).toMatchObject({ 'tektrace.pull.attempts': 3 });
  });

  test('by its digest is named without it', () => {
    const image = `r.io/a:1@sha256:${'0'.repeat(64)}`;
    const done = about('step-fetch', 'Pulled', 4, `Successfully pulled image "${image}" in 1s`);
    expect(pulls([pulling('step-fetch', 3), done])).toMatchObject([
      { name: 'image pull r.io/a:1', attributes: { 'container.image.name': image } },
    ]);
  });

  test('of an init container has its span too', () => {
    const fieldPath = { involvedObject: { uid: 'uid-compile-pod', fieldPath: 'spec.initContainers{prepare}' } };
    expect(pulls([pulling('', 3, fieldPath), pulled('', 3, '50ms', fieldPath)])).toMatchObject([
      { attributes: { 'k8s.container.name': 'prepare' } },
    ]);
  });

  test('in a very large run is an event of its task', () => {
    const folded = build([pulling('step-fetch', 3), pulled('step-fetch', 4, took)], { fold: true });
    expect(names(folded).some((name) => name.startsWith('image pull'))).toBe(false);
    expect(named(folded, 'task compile').events.map(({ name }) => name)).toContain('image pull alpine:3');
  });
});

test.each([
  ['was there already', [about('step-fetch', 'Pulled', 4, 'Container image "alpine:3" already present on machine')]],
  ['has no Event of its beginning', [pulled('step-fetch', 4, '1s')]],
  ['has no Event of its end', [pulling('step-fetch', 3)]],
  ['has an end before its beginning', [pulling('step-fetch', 5), pulled('step-fetch', 4, '1s')]],
  ['belongs to no container of the Pod', [pulling('step-x', 3), pulled('step-x', 4, '1s')]],
])('an image that %s has no span', (_what, events) => {
  expect(pulls(events)).toEqual([]);
});

test('the Events of a Pod that is gone make no span', () => {
  const events = [pulling('step-fetch', 3), pulled('step-fetch', 4, '1s')];
  expect(names(build(events, { pods: [] })).some((name) => name.startsWith('image pull'))).toBe(false);
});

test.each([
  ['1.2s', 1200],
  ['812ms', 812],
  ['1m2.5s', 62_500],
  ['1h0m0s', 3_600_000],
  ['250µs', 0.25],
  ['soon', undefined],
  ['', undefined],
])('a duration of Go is read: %s', (text, expected) => {
  expect(goDurationMs(text)).toBe(expected);
});
