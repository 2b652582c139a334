import type { Pod } from '../../shared/kubernetes/pod.ts';
import { createLogText } from '../../shared/text/log-text.ts';
import type { LogText } from '../../shared/text/log-text.ts';
import type { Run } from '../follow/follow-run.ts';
import type { LogLine } from '../follow/steps.ts';
import type { Terminal } from '../text/terminal.ts';
import { printable } from '../waterfall/display-width.ts';
import { wrap } from '../text/wrap.ts';
import { drawLive } from './draw.ts';
import { liveTasks } from './run-state.ts';

/** How a run that goes on is shown. */
export interface RunView {
  /** Takes a line of a step's log. The next line is read when the promise has resolved. */
  line(line: LogLine): Promise<void> | undefined;
  /** Takes what has come of a line that is not complete. */
  rest(line: LogLine): void;
  /** Called after the last line of a step. */
  end(pod: string, task: string, step: string): void;
  runChanged(run: Run): void;
  podChanged(pod: Pod): void;
  /** Called when the run is followed no longer. */
  close(): void;
}

/** Every line of every step, after the names of task and step. */
export const plainView = (terminal: Terminal): RunView => ({
  line: ({ task, step, text }) => terminal.logLine(task, step, text),
  rest: () => undefined,
  end: (_pod, task, step) => terminal.logEnd(task, step),
  runChanged: () => undefined,
  podChanged: () => undefined,
  close: () => undefined,
});

const FRAME_MS = 125;
/** Lines that are kept of a step while it is not known how it ends. */
const MAX_KEPT = 200;

interface StepLog {
  task: string;
  step: string;
  /** As they came, the oldest first. */
  lines: string[];
  omitted: number;
  text: LogText;
  last: string;
  isEnded: boolean;
}

const lastOf = (lines: string[]): string | undefined => lines.findLast((line) => line.trim() !== '')?.trim();

/** A tree of tasks and steps, drawn again and again. Only the lines of steps that did not succeed stay. */
export function treeView(
  created: Run,
  terminal: Terminal,
  live: NonNullable<Terminal['live']>,
  nowMs: () => number = Date.now,
): RunView {
  let run = created;
  let frame = 0;
  const pods = new Map<string, Pod>();
  const logs = new Map<string, StepLog>();
  const seenMs = new Map<string, number>();
  const current = () => liveTasks(run, [...pods.values()], seenMs);
  const keyOf = (pod: string, step: string): string => `${pod}/${step}`;

  function draw(): void {
    const lastLine = ({ pod, name }: { pod: string; name: string }) => logs.get(keyOf(pod, name))?.last;
    live.region.draw(
      drawLive(
        { ...current(), lastLine },
        { ...live.size(), style: terminal.style, nowMs: nowMs(), frame: (frame += 1) },
      ),
    );
  }
  function keep({ task, step, lines, omitted }: StepLog): void {
    if (omitted > 0)
      for (const text of wrap(
        `${omitted} ${omitted === 1 ? 'line' : 'lines'} of ${printable(task)} ${printable(step)} left out: --progress plain prints all`,
        terminal.width - 2,
      ))
        terminal.print(terminal.dim(`  ${text}`));
    for (const line of lines) void terminal.logLine(task, step, line);
    terminal.logEnd(task, step);
  }
  /** Prints or forgets the logs of steps that have ended. At the end of the run, also of those whose end is not known. */
  function settle(isOver: boolean): void {
    const phases = new Map(
      [...pods.values()].flatMap((pod) =>
        liveTasks(run, [pod]).tasks.flatMap(({ steps }) =>
          steps.map((step) => [keyOf(step.pod, step.name), step.phase]),
        ),
      ),
    );
    for (const [key, log] of logs) {
      const phase = phases.get(key);
      if (!isOver && (!log.isEnded || phase === 'running' || phase === 'waiting')) continue;
      if (phase !== 'done' && phase !== 'skipped') keep(log);
      logs.delete(key);
    }
  }
  const timer = setInterval(draw, FRAME_MS);
  timer.unref();
  const stopResize = live.onResize(draw);
  function logOf({ pod, task, step }: LogLine): StepLog {
    const key = keyOf(pod, step);
    const log = logs.get(key) ?? {
      ...{ task, step, lines: [], omitted: 0, last: '', isEnded: false },
      text: createLogText(false),
    };
    logs.set(key, log);
    return log;
  }
  return {
    line(line) {
      const log = logOf(line);
      log.lines.push(line.text);
      if (log.lines.length > MAX_KEPT) {
        log.lines.shift();
        log.omitted += 1;
      }
      log.last = lastOf(log.text.line(line.text)) ?? log.last;
      return undefined;
    },
    rest(line) {
      const log = logOf(line);
      // The line comes again when it is complete: nothing of this reading may stay.
      log.last = lastOf(createLogText(false).line(line.text)) ?? log.last;
    },
    end(pod, _task, step) {
      const log = logs.get(keyOf(pod, step));
      if (!log) return;
      log.isEnded = true;
      settle(false);
    },
    runChanged(next) {
      run = next;
    },
    podChanged(pod) {
      const { uid = '' } = pod.metadata;
      if (!seenMs.has(uid)) seenMs.set(uid, nowMs());
      pods.set(uid, pod);
      settle(false);
    },
    close() {
      clearInterval(timer);
      stopResize();
      live.region.draw([]);
      settle(true);
    },
  };
}
