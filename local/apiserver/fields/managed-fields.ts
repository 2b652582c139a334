import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { KubeObject, ManagedFieldsEntry } from '../object.ts';
import { badRequest, StatusError } from '../status.ts';
import { applyConflict } from './conflict.ts';
import { emptyObject } from './empty-object.ts';
import { difference, has, isEmpty, setOf, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { fieldsOfClientSideApply, KUBECTL_MANAGER, updateLastApplied } from './last-applied.ts';
import { capUpdaters, identify, isReset, problemOf, readManagers, writeManagers } from './managers.ts';
import type { Managed, ManagerInfo, Managers } from './managers.ts';
import { goConvertProblem } from '../schema/go-types.ts';
import { placeOf } from './structure.ts';
import { typeProblems } from './typed.ts';
import { applyConfig, changedFields } from './updater.ts';
import type { Applied, FieldRules } from './updater.ts';

/** Who writes, through which endpoint, and when. */
export interface Writer {
  manager: string;
  subresource: string | undefined;
  time: Date;
}

/** The type of the written object, and all served versions of it. */
export interface WrittenType {
  type: ResourceType;
  versions: ResourceType[];
}

const BEFORE_FIRST_APPLY = 'before-first-apply';

/** Set by the server: no manager owns these. */
const nobodys = setOf(
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'clusterName',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map((key) => ['f:metadata', `f:${key}`]),
);

const inStatusOf: Record<string, string[][]> = {
  Pod: [
    ['f:metadata', 'f:deletionTimestamp'],
    ['f:metadata', 'f:ownerReferences'],
  ],
  Deployment: [['f:metadata', 'f:labels']],
};

/** What a write through the endpoint never changes: the strategies' reset fields. */
function ignoredFields(type: ResourceType, subresource: string | undefined): FieldSet {
  if (!type.statusSubresource) return setOf();
  if (subresource !== 'status') return setOf(['f:status']);
  return setOf(['f:spec'], ...(type.builtIn ? (inStatusOf[type.kind] ?? []) : [['f:metadata']]));
}

function rulesOf({ type, versions }: WrittenType, subresource: string | undefined): FieldRules {
  return {
    schemaOf: (apiVersion) => versions.find((one) => apiVersionOf(one) === apiVersion)?.schema,
    inVersion: (object, apiVersion) =>
      type.convert === undefined || !isObject(object) || typeof object['apiVersion'] !== 'string'
        ? object
        : type.convert(object as KubeObject, apiVersion),
    ignored: ignoredFields(type, subresource),
  };
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _managedFields, ...metadata } = object.metadata;
  return { ...object, metadata };
}

function seconds(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}

/** The managers before a write: those in the request, else (as for a subresource) those of the stored object. */
function startingManagers(live: KubeObject | undefined, after: KubeObject, subresource: string | undefined): Managers {
  const stored = (): Managers => readManagers(live?.metadata.managedFields) ?? new Map<string, Managed>();
  if (subresource !== undefined) return stored();
  const given = after.metadata.managedFields;
  if (isReset(given)) return new Map<string, Managed>();
  const managers = readManagers(given);
  return managers === undefined || managers.size === 0 ? stored() : managers;
}

function recordUpdate(written: WrittenType, managers: Managers, before: unknown, after: unknown, writer: Writer): void {
  const rules = rulesOf(written, writer.subresource);
  const info: ManagerInfo = {
    manager: writer.manager,
    operation: 'Update',
    apiVersion: apiVersionOf(written.type),
    subresource: writer.subresource,
  };
  const set = difference(changedFields(rules, managers, info.apiVersion, before, after), nobodys);
  if (isEmpty(set)) return;
  const previous = managers.get(identify(info));
  managers.set(identify(info), {
    ...info,
    set: previous === undefined ? set : union(previous.set, set),
    time: seconds(writer.time),
  });
  capUpdaters(managers);
}

/**
 * `metadata.managedFields` of `after` when `writer` replaces `before` (undefined at creation) by it: its Update entry gets the changed
 * fields, other entries lose changed and removed ones. As in Kubernetes it is computed before mutating admission, so fields of webhooks are
 * in no entry. An object whose entries were all removed is tracked again from its first apply.
 */
export function trackFields(
  written: WrittenType,
  before: KubeObject | undefined,
  after: KubeObject,
  writer: Writer,
): ManagedFieldsEntry[] {
  // Fields that do not fit the type, such as a dropped status, are not tracked.
  const { type, versions } = written;
  const isOfType = ({ apiVersion, kind }: KubeObject): boolean =>
    kind === type.kind && versions.some((version) => apiVersionOf(version) === apiVersion);
  const fits = (object: KubeObject): boolean =>
    isOfType(object) && typeProblems(placeOf(type.schema), object, true).length === 0;
  if (!fits(after) || (before !== undefined && !fits(before))) return [];
  const managers = startingManagers(before, after, writer.subresource);
  if (managers.size === 0 && before !== undefined) return [];
  const old = before === undefined ? emptyObject(written.type) : withoutManagedFields(before);
  try {
    recordUpdate(written, managers, old, withoutManagedFields(after), writer);
  } catch (error: unknown) {
    // It can't be converted to a manager's version: as in a kube-apiserver, fields are no longer tracked.
    if (error instanceof StatusError) return [];
    throw error;
  }
  return writeManagers(managers);
}

function identity({ metadata: { namespace, name }, apiVersion, kind }: KubeObject): string {
  const groupVersion = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  const text = (value: unknown): string => (typeof value === 'string' ? value : '');
  return `${text(namespace)}/${text(name)}; ${groupVersion}, Kind=${kind}`;
}

/** Refuses an applied object that does not fit its type. */
function checkTyped({ schema }: ResourceType, config: KubeObject): void {
  const problems = typeProblems(placeOf(schema), config, false);
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((one) => `  ${one}`)].join('\n');
  throw new StatusError(500, '', `failed to create typed patch object (${identity(config)}): ${text}`);
}

/** Refuses to apply to an untracked object that does not fit its type. */
function checkLive({ schema }: ResourceType, live: KubeObject): void {
  const problems = typeProblems(placeOf(schema), live, true);
  if (problems.length === 0) return;
  const text = problems.length === 1 ? problems[0] : ['errors:', ...problems.map((one) => `  ${one}`)].join('\n');
  const what = `failed to convert new object (${identity(live)}) to smd typed`;
  throw new StatusError(500, '', `failed to create manager for existing fields: ${what}: ${text}`);
}

/** Refuses the result of an apply if it does not fit its type, for example because of an invalid time. */
function checkConverted(type: ResourceType, config: KubeObject, object: KubeObject): void {
  const problem = type.builtIn ? goConvertProblem(type.schema, object) : undefined;
  if (problem === undefined) return;
  const kind = `${type.group}/${type.version}, Kind=${type.kind}`;
  throw new StatusError(
    500,
    '',
    `failed to convert new object (${identity(config)}) to proper version: unable to convert unstructured object to ${kind}: ${problem}`,
  );
}

export interface AppliedObject {
  object: KubeObject;
  managedFields: ManagedFieldsEntry[];
}

/**
 * Server-side apply: `live` (undefined if the apply creates) merged with `config`, and all managers afterwards. Throws 409 if `config`
 * would change a field of another manager, unless `force`. Unchanged fields of client-side apply are no conflict for kubectl.
 */
export function applyFields(
  written: WrittenType,
  live: KubeObject | undefined,
  config: KubeObject,
  writer: Writer & { force: boolean },
): AppliedObject {
  const { type } = written;
  const { managedFields: entries }: { managedFields?: unknown } = config.metadata;
  // The type check finds other values.
  if (Array.isArray(entries) && entries.every(isObject)) throw badRequest('metadata.managedFields must be nil');
  checkTyped(type, config);
  const info: ManagerInfo = {
    manager: writer.manager,
    operation: 'Apply',
    apiVersion: apiVersionOf(type),
    subresource: writer.subresource,
  };
  const rules = rulesOf(written, writer.subresource);
  const base = live === undefined ? emptyObject(type) : withoutManagedFields(live);
  const begin = (): Managers => {
    const managers: Managers = readManagers(live?.metadata.managedFields) ?? new Map<string, Managed>();
    if (managers.size === 0 && live !== undefined) checkLive(type, live);
    if (managers.size === 0)
      recordUpdate(written, managers, emptyObject(type), base, { ...writer, manager: BEFORE_FIRST_APPLY });
    return managers;
  };
  let managers = begin();
  const objects = { live: base, config };
  let applied: Applied = applyConfig(rules, managers, info, objects, writer.force);
  if (applied.conflicts.length > 0) {
    const allowed =
      writer.manager === KUBECTL_MANAGER && live !== undefined ? fieldsOfClientSideApply(type.schema, live) : undefined;
    const left = applied.conflicts.filter(({ path }) => allowed === undefined || !has(allowed, path));
    if (left.length > 0) throw applyConflict(left);
    managers = begin();
    applied = applyConfig(rules, managers, info, objects, true);
  }
  const own = managers.get(identify(info));
  if (own !== undefined) {
    own.set = difference(own.set, nobodys);
    if (applied.object !== undefined) own.time = seconds(writer.time);
    if (isEmpty(own.set)) managers.delete(identify(info));
  }
  const object = structuredClone(applied.object ?? base) as KubeObject;
  checkConverted(type, config, object);
  if (writer.manager === KUBECTL_MANAGER) updateLastApplied(object, config);
  return { object, managedFields: writeManagers(managers) };
}

const INVALID_AFTER_ADMISSION =
  '.metadata.managedFields was in an invalid state after admission; this could be caused by an outdated mutating admission controller; please fix your requests: ';

/**
 * The entries to store after admission: what webhooks left of them, or none if they removed all. Invalid ones are replaced by those from
 * before admission, with a warning.
 */
export function admittedFields(
  before: ManagedFieldsEntry[],
  after: ManagedFieldsEntry[] | undefined,
  warnings: string[],
): ManagedFieldsEntry[] {
  const problem = problemOf(after ?? []);
  if (problem !== undefined) warnings.push(INVALID_AFTER_ADMISSION + problem);
  return problem === undefined ? (after ?? []) : before;
}
