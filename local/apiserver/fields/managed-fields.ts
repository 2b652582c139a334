import type { ResourceType } from '../catalog/resource-type.ts';
import { apiVersionOf } from '../catalog/resource-type.ts';
import { isObject, sameJson } from '../object.ts';
import type { JsonObject, KubeObject, ManagedFieldsEntry } from '../object.ts';
import { changedFields, difference, present, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';

/** Who writes, through which endpoint, and when. */
export interface Writer {
  manager: string;
  subresource: string | undefined;
  time: Date;
}

/** Set by the server for every object: nobody's field. */
const unmanagedMetadata = [
  'name',
  'namespace',
  'creationTimestamp',
  'selfLink',
  'uid',
  'clusterName',
  'generation',
  'managedFields',
  'resourceVersion',
];

function managedPart(object: KubeObject, type: ResourceType, subresource: string | undefined): JsonObject {
  const { apiVersion: _apiVersion, kind: _kind, metadata, ...rest } = object;
  const kept = Object.fromEntries(Object.entries(metadata).filter(([key]) => !unmanagedMetadata.includes(key)));
  const body: JsonObject = { metadata: kept, ...rest };
  if (type.statusSubresource && subresource !== 'status') delete body['status'];
  return body;
}

/** Parts that exist in the empty object of a built-in type beside spec and status. */
const emptySpecs: Record<string, JsonObject> = {
  Pod: { containers: null },
  CustomResourceDefinition: { names: {}, versions: null },
};

/** The empty object of a type: what is in it is nobody's addition. */
function emptyPart(type: ResourceType): JsonObject {
  if (!type.builtIn) return { metadata: {} };
  const has = (key: string): boolean => type.schema.properties?.[key] !== undefined;
  return {
    metadata: {},
    ...(has('spec') ? { spec: emptySpecs[type.kind] ?? {} } : {}),
    ...(has('status') ? { status: {} } : {}),
  };
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

function isSameWriter(entry: ManagedFieldsEntry, writer: Writer, apiVersion: string): boolean {
  return (
    entry.manager === writer.manager &&
    entry.operation === 'Update' &&
    entry.apiVersion === apiVersion &&
    (entry.subresource ?? undefined) === writer.subresource
  );
}

function byTimeThenManager(a: ManagedFieldsEntry, b: ManagedFieldsEntry): number {
  const left = `${a.time ?? ''} ${a.manager ?? ''}`;
  const right = `${b.time ?? ''} ${b.manager ?? ''}`;
  return left < right ? -1 : left > right ? 1 : 0;
}

function fieldsOf(entry: ManagedFieldsEntry): FieldSet {
  return isObject(entry.fieldsV1) ? entry.fieldsV1 : {};
}

/**
 * `metadata.managedFields` of `after` when `writer` replaces `before` (undefined at creation) by it: an entry of the operation Update
 * lists what it wrote, other entries lose what changed or is gone. Taken from what was submitted, before mutating admission, as in
 * Kubernetes: what webhooks add is in no entry.
 */
export function trackFields(
  type: ResourceType,
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
): ManagedFieldsEntry[] {
  const old = before === undefined ? emptyPart(type) : managedPart(before, type, writer.subresource);
  const now = managedPart(after, type, writer.subresource);
  const changed = changedFields(old, now, '', type.builtIn) ?? {};
  const given = after.metadata.managedFields ?? before?.metadata.managedFields ?? [];
  const apiVersion = apiVersionOf(type);
  const whole = managedPart(after, type, 'status');
  const others = given.filter((entry) => !isSameWriter(entry, writer, apiVersion));
  const own = given.find((entry) => isSameWriter(entry, writer, apiVersion));
  const kept = others.flatMap((entry): ManagedFieldsEntry[] => {
    const rest = present(difference(fieldsOf(entry), changed), whole, '', type.builtIn);
    return Object.keys(rest).length === 0 ? [] : [{ ...entry, fieldsV1: rest }];
  });
  const mine = present(union(own === undefined ? {} : fieldsOf(own), changed), whole, '', type.builtIn);
  if (Object.keys(mine).length === 0) return kept;
  const unchanged = own !== undefined && sameJson(fieldsOf(own), mine);
  const entry: ManagedFieldsEntry = {
    manager: writer.manager,
    operation: 'Update',
    apiVersion,
    time: unchanged && own.time !== undefined ? own.time : seconds(writer.time),
    fieldsType: 'FieldsV1',
    fieldsV1: mine,
    ...(writer.subresource === undefined ? {} : { subresource: writer.subresource }),
  };
  return [...kept, entry].sort(byTimeThenManager);
}
