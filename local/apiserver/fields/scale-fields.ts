import type { ManagedFieldsEntry } from '../object.ts';
import { difference, has, isEmpty, setOf } from './field-set.ts';
import type { Writer } from './managed-fields.ts';
import { identify, readManagers, writeManagers } from './managers.ts';
import type { Managed, Managers } from './managers.ts';

const stepsOf = (path: string[]): string[] => path.map((key) => `f:${key}`);

/** A Scale's managedFields: the managers of the object's field `path`, as `spec.replicas`. */
export function scaleManagedFields(entries: ManagedFieldsEntry[] | undefined, path: string[]): ManagedFieldsEntry[] {
  const owners = [...(readManagers(entries) ?? new Map<string, Managed>()).values()];
  const shown = owners
    .filter(({ set }) => has(set, stepsOf(path)))
    .map((owner): Managed => ({ ...owner, apiVersion: 'autoscaling/v1', set: setOf(['f:spec', 'f:replicas']) }));
  return writeManagers(new Map(shown.map((owner) => [identify(owner), owner])));
}

/**
 * `metadata.managedFields` of a workload after a write through its scale endpoint, which makes the writer the manager of the field `path`.
 * A Scale omits 0: then no manager owns the field, and the endpoint no longer tracks it. As in a kube-apiserver the entry has no time.
 */
export function trackScale(
  entries: ManagedFieldsEntry[] | undefined,
  apiVersion: string,
  replicas: { path: string[]; before: number; after: number },
  writer: Pick<Writer, 'manager' | 'subresource'>,
): ManagedFieldsEntry[] {
  const managers: Managers = readManagers(entries) ?? new Map<string, Managed>();
  const steps = stepsOf(replicas.path);
  const isOwned = [...managers.values()].some(({ set }) => has(set, steps));
  if (!isOwned || replicas.before === replicas.after) return entries ?? [];
  const field = setOf(steps);
  for (const [id, owner] of managers) {
    owner.set = difference(owner.set, field);
    if (isEmpty(owner.set)) managers.delete(id);
  }
  const { manager, subresource } = writer;
  const info = { manager, operation: 'Update' as const, apiVersion, subresource };
  if (replicas.after !== 0) managers.set(identify(info), { ...info, set: field, time: undefined });
  return writeManagers(managers);
}
