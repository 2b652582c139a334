import { readAuditLog, resourceOf } from '../../../bench/support/audit-log.ts';
import { TASKS } from '../../../bench/support/three-tasks.ts';

/** A request as the API server's audit log has it. */
export interface Audited {
  /** When the API server had it. */
  atMs: number;
  /** When its answer left. */
  answeredMs: number;
  verb: string;
  /** `pods`, `taskruns/status`. */
  resource: string;
  name: string;
  code: number;
  /** The address it came from. */
  from: string;
}

/** All requests but watches, in the order of their answers. Throws when the log can't be read. */
export async function readAudit(logPath: string): Promise<Audited[]> {
  const found: Audited[] = [];
  for await (const event of readAuditLog(logPath))
    found.push({
      atMs: Date.parse(event.requestReceivedTimestamp),
      answeredMs: Date.parse(event.stageTimestamp),
      verb: event.verb,
      resource: resourceOf(event),
      name: event.objectRef?.name ?? '',
      code: event.responseStatus?.code ?? 0,
      from: event.sourceIPs?.[0] ?? '',
    });
  return found;
}

const READS = ['get', 'list', 'watch'];
export const isWrite = ({ verb }: Audited): boolean => !READS.includes(verb);

/** Which TaskRuns and Pods of those runs were created more or less than once: three TaskRuns each, one Pod a TaskRun. */
export function creationProblems(requests: Audited[], runs: string[]): string[] {
  const problems: string[] = [];
  for (const resource of ['taskruns', 'pods']) {
    const created = requests.filter((one) => one.verb === 'create' && one.resource === resource && one.code === 201);
    const counts = new Map<string, number>();
    for (const { name } of created) counts.set(name, (counts.get(name) ?? 0) + 1);
    const suffix = resource === 'pods' ? '-pod' : '';
    const wanted = runs.flatMap((run) => TASKS.map((task) => `${run}-${task}${suffix}`));
    for (const name of wanted) {
      const count = counts.get(name) ?? 0;
      if (count !== 1) problems.push(`${resource} ${name} was created ${count} times`);
    }
    const others = [...counts.keys()].filter((name) => runs.some((run) => name.startsWith(`${run}-`)));
    for (const name of others) if (!wanted.includes(name)) problems.push(`${resource} ${name} is too much`);
  }
  return problems;
}
