import { describe, expect, test } from '@jest/globals';

import type { KubeObject, ManagedFieldsEntry } from '../../../../../shared/kubernetes/types.ts';
import type { LocatedSpan } from '../../../../../shared/otlp/spans.ts';
import type { TaskRun } from '../../../../../shared/tekton/types.ts';
import { at, carrier, ranTask, ROOT, taskRun, TRACE } from '../objects.ts';
import { rig, whole } from './stage.ts';
import { ADMITTED, RUN, standardRun } from './standard-run.ts';
import type { Stage } from './standard-run.ts';
import { expectDone, expectQuiet, expectSpans, named, shapeOf, traceOf } from './trace.ts';

const OWN = 'tekton/pipelinerun-span-context';
const TASK_OWN = 'tekton/taskrun-span-context';
const UPSTREAM = 'tekton.dev/pipelinerunSpanContext';
const ADMISSION = 'tekton/admission-time';
const MARK = 'tekton/trace-exported';
const OTHERS = carrier('9'.repeat(32), '8'.repeat(16));

/** The annotations of a creation as a client sent them. */
function sent(annotations: Record<string, string>): Pick<KubeObject['metadata'], 'annotations' | 'managedFields'> {
  const fields = Object.fromEntries(Object.keys(annotations).map((key) => [`f:${key}`, {}]));
  const entry: ManagedFieldsEntry = { manager: 'kubectl-create', operation: 'Update', fieldsV1: { 'f:metadata': { 'f:annotations': fields }, 'f:spec': { 'f:pipelineSpec': {} } } }; // prettier-ignore
  return { annotations, managedFields: [entry] };
}

/** The standard run, created while no webhook answers: with what clients send, or nothing. */
function unadmitted(ofRun: Record<string, string> = {}, ofTasks: Record<string, string> = {}): Stage[] {
  return standardRun().map(({ object, ...stage }) => {
    const annotations = stage.plural === 'pipelineruns' ? ofRun : ofTasks;
    const isRun = stage.plural === 'pipelineruns' || stage.plural === 'taskruns';
    return { ...stage, object: isRun ? { ...object, metadata: { ...object.metadata, ...sent(annotations) } } : object };
  });
}

/** The run's spans, in one trace of its own: as without a fault, but without an admission. The run began at its creation. */
function expectOwnTrace(): void {
  expectDone(rig);
  const spans = [...traceOf(rig.collector.stored).values()];
  const traces = new Set(spans.map(({ span }) => span.traceId));
  expect(traces.size).toBe(1);
  expect([TRACE, '9'.repeat(32)]).not.toContain([...traces][0]);
  const createdNano = `${Date.parse(at(0))}000000`;
  const expected = whole
    .filter(({ span }) => span.name !== 'admission')
    .map((one) =>
      ['RUN build', 'queued'].includes(one.span.name)
        ? { ...one, span: { ...one.span, startTimeUnixNano: createdNano } }
        : one,
    );
  expect(shapeOf(spans)).toEqual(shapeOf(expected));
}

const LONG = 'x'.repeat(200_000);
const HOSTILE: [string, Record<string, string>][] = [
  ['nothing', {}],
  ['a context that is no JSON', { [OWN]: '{"traceparent":' }],
  ['a context of another kind', { [OWN]: '[{"traceparent":["00"]}]' }],
  ['a context of zeros', { [OWN]: carrier('0'.repeat(32), '0'.repeat(16)) }],
  ['a context in capitals', { [OWN]: carrier(TRACE.toUpperCase(), ROOT) }],
  ['a context of 200 kB', { [OWN]: `{"traceparent":"${LONG}"}` }],
  ['a context with __proto__', { [OWN]: `{"__proto__":{"traceparent":"00-${TRACE}-${ROOT}-01"}}` }],
  ['the context of another run', { [OWN]: OTHERS, [UPSTREAM]: OTHERS }],
  ['all annotations of a copied run, with its mark', { ...ADMITTED, [MARK]: 'uid-of-the-original', 'tekton/trace-url': 'https://x/' }], // prettier-ignore
  ['an admission time of the year 9999', { [ADMISSION]: '9999-12-31T23:59:59.999Z/9999-12-31T23:59:59.999Z' }],
  ['an admission time of 1970', { [ADMISSION]: '1970-01-01T00:00:00.000Z/1970-01-01T00:00:00.001Z' }],
  ['an admission time that is no time', { [ADMISSION]: '\u0000\u202e/../../' }],
];

describe('a run that is created while the webhook is down', () => {
  test.each(HOSTILE)('with %s has a trace of its own', async (_what, annotations) => {
    await rig.process();
    await rig.play(unadmitted(annotations));
    await rig.until(200);
    expectOwnTrace();
    await expectQuiet(rig);
  });

  test.each<[string, Record<string, string>]>([
    ['a malformed context', { [TASK_OWN]: '{' }],
    ['the context of another run', { [TASK_OWN]: OTHERS }],
  ])('and whose TaskRuns have %s', async (_what, annotations) => {
    await rig.process();
    await rig.play(unadmitted({}, annotations));
    await rig.until(260);
    expectOwnTrace();
  });

  test('as the controller is: it starts when the run runs', async () => {
    const stages = unadmitted();
    await rig.play(stages.filter(({ at: second }) => second <= 40));
    await rig.process();
    await rig.play(stages.filter(({ at: second }) => second > 40));
    await rig.until(200);
    expectOwnTrace();
  });
});

describe('annotations that change while the run runs', () => {
  const during = async (seconds: number[], change: () => void): Promise<void> => {
    await rig.process();
    let from = -1;
    for (const second of [...seconds, Infinity]) {
      await rig.play(standardRun().filter((stage) => stage.at > from && stage.at <= second));
      if (second === Infinity) break;
      await rig.until(second + 0.5);
      change();
      from = second;
    }
    await rig.until(260);
    expectDone(rig);
    expectSpans(rig, whole);
    await expectQuiet(rig);
  };

  test.each<[string, Record<string, string>]>([
    ['the context of another run', { [OWN]: OTHERS }],
    ['a malformed context', { [OWN]: '{' }],
    ['another parent', { 'tekton/parent-span-context': OTHERS }],
    ['another admission time', { [ADMISSION]: `${at(90)}/${at(91)}` }],
    ['a refused owner', { 'tekton/refused-owner': 'uid-run' }],
    ['a mark of another run', { [MARK]: 'uid-of-another' }],
    ['its own mark', { [MARK]: 'uid-run' }],
    ['200 kB of something', { note: LONG }],
  ])('%s, written by a client', async (_what, annotations) => {
    await during([50], () => rig.annotate('pipelineruns', RUN, annotations));
  });

  test('the context of another run, again and again', async () => {
    await during([2, 30, 50, 60, 80, 100, 120, 139], () => rig.annotate('pipelineruns', RUN, { [OWN]: OTHERS }));
  });

  test('the context of a TaskRun', async () => {
    await during([39], () => rig.annotate('taskruns', `${RUN}-build`, { [TASK_OWN]: OTHERS }));
  });

  test('the mark of a TaskRun', async () => {
    await during([10], () => rig.annotate('taskruns', `${RUN}-fetch`, { [MARK]: 'uid-fetch' }));
  });

  test('the labels that Tekton reads by', async () => {
    await during([60], () => {
      const { metadata, ...rest } = rig.api.get<TaskRun>('taskruns', `${RUN}-fetch`);
      rig.api.put('taskruns', { ...rest, metadata: { ...metadata, labels: {} } });
    });
  });
});

describe('a TaskRun with a forged owner', () => {
  const forged = (metadata: Partial<KubeObject['metadata']>, status?: TaskRun['status']): void =>
    rig.put({ plural: 'taskruns', object: taskRun(status, { name: 'forged', uid: 'uid-forged', ...metadata }, 'forged') }); // prettier-ignore
  const ofRun = (): LocatedSpan[] => rig.collector.stored.filter(({ span }) => span.traceId === TRACE);

  test('that the webhook refused has a trace of its own: the run’s has none of it, and does not wait for it', async () => {
    const metadata = { annotations: { [TASK_OWN]: OTHERS, 'tekton/refused-owner': 'uid-run' } };
    await rig.process();
    await rig.play(standardRun().filter((stage) => stage.at <= 60));
    forged(metadata);
    await rig.play(standardRun().filter((stage) => stage.at > 60));
    await rig.until(200);
    expectDone(rig);
    forged(metadata, { ...ranTask, podName: undefined, completionTime: at(200) });
    await rig.until(300);
    const traces = traceOf(rig.collector.stored);
    expect(named([...traces.values()], 'RUN forged').map(({ span }) => span.traceId)).toEqual(['9'.repeat(32)]);
    rig.collector.stored.splice(0, Infinity, ...ofRun());
    expectSpans(rig, whole);
  });

  test('of a run in another namespace has a trace of its own', async () => {
    await rig.process();
    await rig.play(standardRun().filter((stage) => stage.at <= 60));
    forged({ namespace: 'other', annotations: {} });
    await rig.play(standardRun().filter((stage) => stage.at > 60));
    await rig.until(200);
    expectDone(rig);
    forged({ namespace: 'other', annotations: {} }, { ...ranTask, podName: undefined, completionTime: at(200) });
    await rig.until(300);
    expect(named(rig.collector.stored, 'RUN forged')).toHaveLength(1);
    rig.collector.stored.splice(0, Infinity, ...ofRun());
    expectSpans(rig, whole);
  });
});
