import { attributeOf, type WaterfallRow } from './row.ts';

/** Names as Kubernetes allows them: others must not get into a command that somebody pastes. */
export const isObjectName = (name: string): boolean => /^[a-z0-9][a-z0-9.-]*$/.test(name);

/** The container whose log belongs to a row. */
export interface LogPlace {
  namespace: string;
  pod: string;
  container: string;
}

/** Which part of a log: all of it or its last lines, up to now or until the container ends. */
export interface LogPart {
  follow: boolean;
  tailLines?: number;
}

/** Reads a container's log. Throws an Error that says why it can't be read. */
export type LogSource = (place: LogPlace, part: LogPart, signal: AbortSignal) => AsyncIterable<Buffer>;

const WITH_LOG = new Set(['step', 'init', 'sidecar']);

/** The Pod of a row's attempt: each attempt has its own, and its wait for a node names it. The rows below an attempt follow it directly. */
function podOf(rows: WaterfallRow[], row: WaterfallRow): string | undefined {
  for (let index = row.parent + 1; index < rows.length; index += 1) {
    const other = rows[index];
    if (!other || other.depth < row.depth) return undefined;
    const name =
      other.parent === row.parent && other.category === 'wait' ? attributeOf(other, 'k8s.pod.name') : undefined;
    if (name !== undefined) return name;
  }
  return undefined;
}

function above(rows: WaterfallRow[], row: WaterfallRow, key: string): string | undefined {
  for (let at: WaterfallRow | undefined = row; at; at = rows[at.parent]) {
    const value = attributeOf(at, key);
    if (value !== undefined) return value;
  }
  return undefined;
}

/** The container of a step, init container or sidecar; undefined for other rows, and where the trace does not name it. */
export function logPlaceOf(rows: WaterfallRow[], row: WaterfallRow): LogPlace | undefined {
  if (!WITH_LOG.has(row.category)) return undefined;
  const container = attributeOf(row, 'k8s.container.name');
  if (container === undefined) return undefined;
  const pod = podOf(rows, row) ?? above(rows, row, 'k8s.pod.name');
  const namespace = above(rows, row, 'k8s.namespace.name') ?? above(rows, row, 'namespace');
  const place = [namespace, pod, container].filter((name) => name !== undefined && isObjectName(name));
  return place.length < 3 ? undefined : { namespace: place[0] ?? '', pod: place[1] ?? '', container: place[2] ?? '' };
}

/** The command that prints a container's log. */
export function logCommand({ namespace, pod, container }: LogPlace): string {
  return `kubectl logs -n ${namespace} ${pod} -c ${container}`;
}
