import type { ManagedFieldsEntry } from '../object.ts';
import { difference, has, isEmpty, setOf } from './field-set.ts';
import type { Writer } from './managed-fields.ts';
import { identify, readManagers, writeManagers } from './managers.ts';
import type { Managed, Managers } from './managers.ts';

const REPLICAS = ['f:spec', 'f:replicas'];

/**
 * `metadata.managedFields` of a workload after a write through its scale endpoint, which moves the one field `spec.replicas` to the
 * writer. A number of 0 is absent in a Scale: then nobody owns the field, and the endpoint does not track it any more. A kube-apiserver
 * gives such an entry no time.
 */
export function trackScale(
  entries: ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  replicas: { before: number; after: number },
  writer: Pick<Writer, 'manager' | 'subresource'>,
): ManagedFieldsEntry[] {
  const managers: Managers = readManagers(entries) ?? new Map<string, Managed>();
  const isOwned = [...managers.values()].some(({ set }) => has(set, REPLICAS));
  if (!isOwned || replicas.before === replicas.after) return entries ?? [];
  const field = setOf(REPLICAS);
  for (const [id, owner] of managers) {
    owner.set = difference(owner.set, field);
    if (isEmpty(owner.set)) managers.delete(id);
  }
  const { manager, subresource } = writer;
  const info = { manager, operation: 'Update' as const, apiVersion, subresource };
  if (replicas.after !== 0) managers.set(identify(info), { ...info, set: field, time: undefined });
  return writeManagers(managers);
}
