import type { WaterfallRow } from '../row.ts';
import type { Waterfall } from '../waterfall.ts';

/** An event of the Trace Event Format, which Perfetto (ui.perfetto.dev) and chrome://tracing read. */
export interface TraceEvent {
  name: string;
  /** `X`: with a duration; `M`: the name of a process or thread. */
  ph: 'X' | 'M';
  pid: number;
  tid: number;
  cat?: string;
  /** Microseconds after the trace's start. */
  ts?: number;
  /** Microseconds. */
  dur?: number;
  args: Record<string, string | number>;
}

export interface PerfettoTrace {
  displayTimeUnit: 'ms';
  otherData: Record<string, string>;
  traceEvents: TraceEvent[];
}

const RUN_PID = 1;

/** A thread of the format: its events may only be nested, not overlap in part. */
interface Lane {
  tid: number;
  /** Ends of the events that are open, the innermost last. */
  open: number[];
}

/** The group of rows that share lanes: what is below one task, the rest of a run, or one service. */
interface Track {
  pid: number;
  name: string;
  rows: WaterfallRow[];
}

function taskOf(rows: WaterfallRow[], row: WaterfallRow): WaterfallRow | undefined {
  for (let at: WaterfallRow | undefined = row; at; at = rows[at.parent])
    if (at.category === 'task' || at.category === 'custom') return at;
  return undefined;
}

/** The run's own rows are one process with a track for each task; each controller, and each service of programs in steps, is another. */
function tracksOf({ rows, runName, title }: Waterfall): { tracks: Track[]; processes: Map<number, string> } {
  const processes = new Map([[RUN_PID, runName ?? title]]);
  const pids = new Map<string, number>();
  const tracks = new Map<string, Track>();
  for (const row of rows) {
    const isOwn = row.category !== 'controller' && row.category !== 'other';
    const task = isOwn ? taskOf(rows, row) : undefined;
    const pid = isOwn ? RUN_PID : (pids.get(row.service) ?? RUN_PID + 1 + pids.size);
    if (!isOwn && !pids.has(row.service)) {
      pids.set(row.service, pid);
      processes.set(pid, row.service || 'without a service');
    }
    const name = isOwn ? (task?.name ?? 'run') : row.service;
    const key = `${pid}/${task?.id ?? ''}`;
    const track = tracks.get(key) ?? { pid, name, rows: [] };
    tracks.set(key, track);
    track.rows.push(row);
  }
  return { tracks: [...tracks.values()], processes };
}

const startOf = ({ offsetMs }: WaterfallRow): number => Math.round(offsetMs * 1000);
const lengthOf = ({ durationMs }: WaterfallRow): number => Math.round(durationMs * 1000);

function fits({ open }: Lane, start: number, end: number): boolean {
  while (open.length > 0 && (open.at(-1) ?? 0) <= start) open.pop();
  return open.length === 0 || end <= (open.at(-1) ?? 0);
}

function argsOf(row: WaterfallRow): TraceEvent['args'] {
  return Object.fromEntries([
    ...row.attributes,
    ...(row.result === 'none' ? [] : [['result', row.result] as const]),
    ...(row.problem === undefined ? [] : [['problem', row.problem] as const]),
  ]);
}

function eventsOf(track: Track, rows: WaterfallRow[], nextTid: () => number): TraceEvent[] {
  const lanes: Lane[] = [];
  const laneOf = new Map<WaterfallRow, Lane>();
  const inTime = track.rows.toSorted((a, b) => startOf(a) - startOf(b) || lengthOf(b) - lengthOf(a));
  const events = inTime.map((row): TraceEvent => {
    const [start, length] = [startOf(row), lengthOf(row)];
    const above = rows[row.parent];
    const preferred = above && laneOf.get(above);
    const candidates = preferred ? [preferred, ...lanes] : lanes;
    let lane = candidates.find((one) => fits(one, start, start + length));
    if (!lane) {
      lane = { tid: nextTid(), open: [] };
      lanes.push(lane);
    }
    lane.open.push(start + length);
    laneOf.set(row, lane);
    return {
      ...{ name: row.name, ph: 'X', pid: track.pid, tid: lane.tid, cat: row.category },
      ...{ ts: start, dur: length, args: argsOf(row) },
    };
  });
  const names = lanes.map(({ tid }, index): TraceEvent => {
    const name = index === 0 ? track.name : `${track.name} (${index + 1})`;
    return { name: 'thread_name', ph: 'M', pid: track.pid, tid, args: { name } };
  });
  const order = lanes.map(({ tid }): TraceEvent => {
    return { name: 'thread_sort_index', ph: 'M', pid: track.pid, tid, args: { sort_index: tid } };
  });
  return [...names, ...order, ...events];
}

/** The trace in the Trace Event Format. Pure. */
export function perfettoTrace(waterfall: Waterfall): PerfettoTrace {
  const { tracks, processes } = tracksOf(waterfall);
  let last = 0;
  const nextTid = (): number => (last += 1);
  const names = [...processes].map(([pid, name]): TraceEvent => {
    return { name: 'process_name', ph: 'M', pid, tid: 0, args: { name } };
  });
  return {
    displayTimeUnit: 'ms',
    otherData: { traceId: waterfall.traceId, start: new Date(waterfall.startUnixMs).toISOString() },
    traceEvents: [...names, ...tracks.flatMap((track) => eventsOf(track, waterfall.rows, nextTid))],
  };
}
