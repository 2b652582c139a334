import type { ManagedFieldsEntry } from '../object.ts';
import type { FieldSet } from './field-set.ts';
import { isEmpty, union } from './field-set.ts';
import { fromFieldsV1, toFieldsV1 } from './fields-v1.ts';

export type ManagerOperation = 'Apply' | 'Update';

/** Who writes, through which endpoint, and how. */
export interface ManagerInfo {
  manager: string;
  operation: ManagerOperation;
  apiVersion: string;
  subresource: string | undefined;
}

/** One manager's fields. */
export interface Managed extends ManagerInfo {
  set: FieldSet;
  time: string | undefined;
}

/** Managers by what identifies them (see identify). */
export type Managers = Map<string, Managed>;

/** An applier is one manager in all versions. */
export function identify({ manager, operation, apiVersion, subresource = '' }: ManagerInfo): string {
  return JSON.stringify([manager, operation, operation === 'Apply' ? '' : apiVersion, subresource]);
}

/** Whether the entries reset all managers: an empty list, or one empty entry. */
export function isReset(entries: ManagedFieldsEntry[] | undefined): boolean {
  if (entries === undefined) return false;
  const [only] = entries;
  return (
    entries.length === 0 || (entries.length === 1 && only !== undefined && Object.values(only).every((one) => !one))
  );
}

/** Kubernetes' error for invalid entries; undefined if they are valid. */
export function problemOf(entries: ManagedFieldsEntry[]): string | undefined {
  const at = entries.findIndex(({ fieldsType }) => fieldsType !== 'FieldsV1');
  if (at >= 0)
    return `invalid fieldsType ${JSON.stringify(entries[at]?.fieldsType ?? '')} in managed fields entry ${at}`;
  if (entries.some(({ operation }) => operation !== 'Apply' && operation !== 'Update'))
    return 'operation must be `Apply` or `Update`';
  return readManagers(entries) === undefined ? 'their fields can not be read' : undefined;
}

/** Reads `metadata.managedFields`; undefined if an entry is invalid. */
export function readManagers(entries: ManagedFieldsEntry[] | undefined): Managers | undefined {
  const managers: Managers = new Map();
  for (const entry of entries ?? []) {
    const { manager = '', operation, apiVersion = '', fieldsType, fieldsV1, subresource, time } = entry;
    if ((operation !== 'Apply' && operation !== 'Update') || apiVersion === '' || fieldsType !== 'FieldsV1')
      return undefined;
    const set = fromFieldsV1(fieldsV1 ?? {});
    if (set === undefined) return undefined;
    const info: ManagerInfo = { manager, operation, apiVersion, subresource: subresource || undefined };
    managers.set(identify(info), { ...info, set, time });
  }
  return managers;
}

function byOperationTimeManager(a: Managed, b: Managed): number {
  const key = ({ operation, time = '', manager, apiVersion, subresource = '' }: Managed): string[] => [
    operation,
    time,
    manager,
    apiVersion,
    subresource,
  ];
  const [left, right] = [key(a), key(b)];
  const at = left.findIndex((one, index) => one !== right[index]);
  return at === -1 ? 0 : (left[at] ?? '') < (right[at] ?? '') ? -1 : 1;
}

/** `metadata.managedFields` of these managers: appliers first, then by time. */
export function writeManagers(managers: Managers): ManagedFieldsEntry[] {
  return [...managers.values()].sort(byOperationTimeManager).map((one) => ({
    manager: one.manager,
    operation: one.operation,
    apiVersion: one.apiVersion,
    ...(one.time === undefined ? {} : { time: one.time }),
    fieldsType: 'FieldsV1',
    fieldsV1: toFieldsV1(one.set),
    ...(one.subresource === undefined ? {} : { subresource: one.subresource }),
  }));
}

/** Removes managers without fields, in place. */
export function dropEmpty(managers: Managers): void {
  for (const [id, { set }] of managers) if (isEmpty(set)) managers.delete(id);
}

const MAX_UPDATE_MANAGERS = 10;
const OLD_UPDATES = 'ancient-changes';

/** Merges the oldest updaters of a version into one entry while there are more than Kubernetes keeps, in place. */
export function capUpdaters(managers: Managers): void {
  const updaters = [...managers].filter(([, one]) => one.operation === 'Update');
  let count = updaters.length;
  if (count <= MAX_UPDATE_MANAGERS) return;
  updaters.sort(([, a], [, b]) => byOperationTimeManager(a, b));
  const firstOfVersion = new Map<string, string>();
  for (const [id, one] of updaters) {
    if (count <= MAX_UPDATE_MANAGERS) return;
    const info: ManagerInfo = {
      manager: OLD_UPDATES,
      operation: 'Update',
      apiVersion: one.apiVersion,
      subresource: undefined,
    };
    const bucket = identify(info);
    const first = firstOfVersion.get(one.apiVersion);
    if (first === undefined) {
      firstOfVersion.set(one.apiVersion, id);
      continue;
    }
    const older = managers.get(bucket) ?? managers.get(first);
    managers.delete(first);
    managers.delete(id);
    managers.set(bucket, { ...info, set: older === undefined ? one.set : union(one.set, older.set), time: one.time });
    count--;
  }
}
