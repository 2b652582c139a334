import { formatDuration } from '../duration.ts';
import type { WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';
import type { Segment } from './critical-path.ts';
import { below, endOf, type Placed } from './run-rows.ts';
import type { WaitKind, Waits } from './types.ts';

/** More specific kinds first: an image pull is part of the Pod's start. `step` is no wait: it wins over all of them. */
const ORDER = [
  'step',
  'image pull',
  'volumes',
  'sidecars',
  'resolving',
  'pending',
  'admission',
  'queued',
  'scheduling',
  'starting',
  'deleted Pod',
] as const;
type Occupied = (typeof ORDER)[number];

/** The kinds that a name's first words say. */
const BY_PREFIX = [
  ['image pull ', 'image pull'],
  ['volume mount ', 'volumes'],
  ['readiness ', 'sidecars'],
  ['resolve ', 'resolving'],
] as const;

function kindOf({ category, name, result }: WaterfallRow): Occupied | undefined {
  if (result === 'skip') return undefined;
  if (category === 'step') return 'step';
  if (category === 'init') return 'starting';
  if (category !== 'wait') return undefined;
  if (name === 'pod deleted') return 'deleted Pod';
  const [, known] = BY_PREFIX.find(([prefix]) => name.startsWith(prefix)) ?? [];
  return known ?? ORDER.find((kind) => name === kind || name === `pod ${kind}`);
}

interface Stretch {
  fromMs: number;
  toMs: number;
}

const stretchOf = (one: Placed): Stretch => ({ fromMs: one.row.offsetMs, toMs: endOf(one) });

function within(one: Stretch, { fromMs, toMs }: Segment): Stretch | undefined {
  const stretch = { fromMs: Math.max(fromMs, one.fromMs), toMs: Math.min(toMs, one.toMs) };
  return stretch.toMs > stretch.fromMs ? stretch : undefined;
}

/** What of the stretch none of the others covers. */
function uncovered(stretch: Stretch, others: readonly Stretch[]): Stretch[] {
  return others.reduce(
    (free, taken) =>
      free.flatMap(({ fromMs, toMs }) =>
        [
          { fromMs, toMs: Math.min(toMs, taken.fromMs) },
          { fromMs: Math.max(fromMs, taken.toMs), toMs },
        ].filter((rest) => rest.toMs > rest.fromMs),
      ),
    [stretch],
  );
}

/**
 * The time of each kind in the segment, in milliseconds. A moment with several kinds counts for the most specific one, and for `controller` only where it
 * has no other.
 */
function unionByKind(
  rows: Placed[],
  segment: Segment,
  ofControllers: Stretch[] = [],
): Map<Occupied | WaitKind, number> {
  const covered: Stretch[] = [];
  const sums = new Map<Occupied | WaitKind, number>();
  const add = (kind: Occupied | WaitKind, one: Stretch): void => {
    const stretch = within(one, segment);
    const free = stretch ? uncovered(stretch, covered) : [];
    covered.push(...free);
    sums.set(
      kind,
      free.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, sums.get(kind) ?? 0),
    );
  };
  for (const kind of ORDER) for (const one of rows.filter(({ row }) => kindOf(row) === kind)) add(kind, stretchOf(one));
  for (const one of ofControllers) add('controller', one);
  return sums;
}

/** From the start of a task, or of an attempt, until its Pod was created. Times that are not that exact don't show what is shorter than `precision`. */
function beforePods({ rows }: Waterfall, belowTask: Placed[], precision: number): Stretch[] {
  return belowTask.flatMap(({ row }) => {
    const above = rows[row.parent];
    if (!above || row.category !== 'wait' || row.name !== 'pod scheduling') return [];
    const stretch = { fromMs: above.offsetMs, toMs: row.offsetMs };
    return stretch.toMs - stretch.fromMs >= precision ? [stretch] : [];
  });
}

/** From the end of the last step of a task, or of an attempt, to its own end. What still runs has none. */
function afterSteps({ rows }: Waterfall, task: Placed, belowTask: Placed[], precision: number): Stretch[] {
  const steps = belowTask.filter(({ row }) => row.category === 'step' && row.result !== 'skip');
  const owners = new Set(steps.map(({ row }) => rows[row.parent]));
  return [task, ...belowTask].flatMap((one) => {
    if (!owners.has(one.row) || one.row.isRunning) return [];
    const own = steps.filter(({ row }) => rows[row.parent] === one.row);
    const stretch = { fromMs: Math.max(...own.map(endOf)), toMs: endOf(one) };
    return stretch.toMs - stretch.fromMs >= precision ? [stretch] : [];
  });
}

/** The run's own waits, not those of its tasks. `pending` is below `queued`. */
function ownWaits(waterfall: Waterfall, run: Placed): Placed[] {
  const { rows } = waterfall;
  return below(waterfall, run).filter(({ row }) => {
    const parent = rows[row.parent];
    return (
      row.category === 'wait' &&
      (row.parent === run.index || (parent?.category === 'wait' && parent.parent === run.index))
    );
  });
}

/** The waits in a segment. Time without a task that no span explains is the controllers', unless the times are not that exact. */
function waitsIn(waterfall: Waterfall, segment: Segment, precision: number): Map<Occupied | WaitKind, number> {
  if (segment.unit) {
    const belowTask = below(waterfall, segment.unit);
    const ofControllers = [
      ...beforePods(waterfall, belowTask, precision),
      ...afterSteps(waterfall, segment.unit, belowTask, precision),
    ];
    return unionByKind(belowTask, segment, ofControllers);
  }
  const sums = unionByKind(ownWaits(waterfall, segment.run), segment);
  const explained = [...sums.values()].reduce((sum, ms) => sum + ms, 0);
  const left = segment.toMs - segment.fromMs - explained;
  // While a run goes on, what runs now has no span yet.
  const mayRun = !waterfall.finished && segment.toMs === endOf(segment.run);
  if (left >= precision && !mayRun) sums.set('controller', left);
  return sums;
}

/** The waits in the segments of the critical path. */
export function waitsOf(waterfall: Waterfall, segments: readonly Segment[], precision: number): Waits {
  const total = new Map<WaitKind, number>();
  for (const segment of segments)
    for (const [kind, ms] of waitsIn(waterfall, segment, precision))
      if (kind !== 'step' && ms > 0) total.set(kind, (total.get(kind) ?? 0) + ms);
  const kinds = [...total]
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, ms]) => ({ kind, ms, text: `${kind} ${formatDuration(ms)}` }));
  const totalMs = kinds.reduce((sum, { ms }) => sum + ms, 0);
  const named = kinds.filter(({ ms }) => ms >= 1).map(({ text }) => text);
  const sum = `${formatDuration(totalMs)} of the critical path`;
  return { totalMs, kinds, text: totalMs === 0 ? 'not at all' : [sum, named.join(', ')].filter(Boolean).join(': ') };
}
