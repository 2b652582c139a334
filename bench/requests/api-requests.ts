import { readAuditLog, resourceOf, userOf } from '../support/audit-log.ts';

export interface ApiRequest {
  /** `create pods`, `update taskruns/status`; with the status code where it was an error. */
  kind: string;
  /** The object's name, for lists empty. */
  name: string;
}

/** The requests that `username` made, in the order of their answers. Throws when the log can't be read. */
export async function apiRequests(logPath: string, username: string): Promise<ApiRequest[]> {
  const requests: ApiRequest[] = [];
  for await (const event of readAuditLog(logPath)) {
    if (userOf(event) !== username) continue;
    const { code = 0 } = event.responseStatus ?? {};
    const kind = `${event.verb} ${resourceOf(event)}`;
    requests.push({ kind: code >= 400 ? `${kind} (${code})` : kind, name: event.objectRef?.name ?? '' });
  }
  return requests;
}
