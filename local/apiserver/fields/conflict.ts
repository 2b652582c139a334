import { StatusError } from '../status.ts';
import type { Path } from './field-set.ts';
import { shownPath } from './fields-v1.ts';
import type { Managed } from './managers.ts';

/** A field of another manager that the applied object would change. */
export interface Conflict {
  owner: Managed;
  path: Path;
}

function shownOwner({ manager, subresource, operation, apiVersion }: Managed): string {
  const name = `${JSON.stringify(manager)}${subresource === undefined ? '' : ` with subresource ${JSON.stringify(subresource)}`}`;
  if (operation === 'Apply') return name;
  return `${name} using ${apiVersion}`;
}

function listed(conflicts: Conflict[]): string {
  const byOwner = Map.groupBy(conflicts, ({ owner }) => shownOwner(owner));
  return [...byOwner]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([owner, group]) => [`conflicts with ${owner}:`, ...group.map(({ path }) => `- ${shownPath(path)}`)])
    .join('\n');
}

/** 409 with one cause for each field, as kubectl prints them. */
export function applyConflict(conflicts: Conflict[]): StatusError {
  const [first] = conflicts;
  const problem =
    conflicts.length === 1 && first !== undefined
      ? `1 conflict: conflict with ${shownOwner(first.owner)}: ${shownPath(first.path)}`
      : `${conflicts.length} conflicts: ${listed(conflicts)}`;
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${shownOwner(owner)}`,
    field: shownPath(path),
  }));
  return new StatusError(409, 'Conflict', `Apply failed with ${problem}`, { causes });
}
