import { sameJson } from '../object.ts';
import type { Schema } from '../schema/schema.ts';
import { compare } from './compare.ts';
import type { Comparison } from './compare.ts';
import type { Conflict } from './conflict.ts';
import { difference, emptySet, intersection, isEmpty, paths, recursiveDifference, union } from './field-set.ts';
import type { FieldSet } from './field-set.ts';
import { dropEmpty, identify } from './managers.ts';
import type { ManagerInfo, Managers } from './managers.ts';
import { merge, removeFields } from './merge.ts';
import { placeOf } from './structure.ts';
import type { Place } from './structure.ts';
import { toFieldSet, withNamedFields } from './typed.ts';

/** What the updater needs to know of a resource. */
export interface FieldRules {
  /** The schema in which an apiVersion's fields are written; undefined if it is no longer served. */
  schemaOf(apiVersion: string): Schema | undefined;
  /** Converts an object: a manager's fields are those of the version in which it has written. */
  inVersion(object: unknown, apiVersion: string): unknown;
  /** Fields that the endpoint ignores in a request. */
  ignored: FieldSet;
}

function filtered({ removed, modified, added }: Comparison, ignored: FieldSet): Comparison {
  return {
    removed: recursiveDifference(removed, ignored),
    modified: recursiveDifference(modified, ignored),
    added: recursiveDifference(added, ignored),
  };
}

/** Comparisons of the same two objects in the versions that managers have written in. */
function comparisons(
  rules: FieldRules,
  before: unknown,
  after: unknown,
): (apiVersion: string) => Comparison | undefined {
  const known = new Map<string, Comparison>();
  return (apiVersion) => {
    const found = known.get(apiVersion);
    if (found !== undefined) return found;
    const schema = rules.schemaOf(apiVersion);
    if (schema === undefined) return undefined;
    const [old, next] = [rules.inVersion(before, apiVersion), rules.inVersion(after, apiVersion)];
    const fresh = filtered(compare(placeOf(schema), old, next), rules.ignored);
    known.set(apiVersion, fresh);
    return fresh;
  };
}

/**
 * Removes the fields that changed from `before` to `after` from all managers but `self`, in place. Returns the conflicts: changed fields of
 * other managers. With conflicts and without `force` nothing is removed.
 */
function disown(
  rules: FieldRules,
  managers: Managers,
  self: string,
  change: { before: unknown; after: unknown },
  force: boolean,
): Conflict[] {
  const comparisonIn = comparisons(rules, change.before, change.after);
  const conflicts: Conflict[] = [];
  const left = new Map<string, FieldSet | undefined>();
  for (const [id, owner] of managers) {
    if (id === self) continue;
    const compared = comparisonIn(owner.apiVersion);
    if (compared === undefined) {
      left.set(id, undefined);
      continue;
    }
    const taken = intersection(owner.set, union(compared.modified, compared.added));
    conflicts.push(...paths(taken).map((path) => ({ owner, path })));
    left.set(id, difference(difference(owner.set, taken), compared.removed));
  }
  if (conflicts.length > 0 && !force) return conflicts;
  for (const [id, set] of left) {
    const owner = managers.get(id);
    if (set === undefined || owner === undefined) managers.delete(id);
    else owner.set = set;
  }
  dropEmpty(managers);
  return [];
}

function rootOf(rules: FieldRules, apiVersion: string): Place {
  return placeOf(rules.schemaOf(apiVersion) ?? {});
}

/** The fields that an update changes. Other managers lose them, in place. */
export function changedFields(
  rules: FieldRules,
  managers: Managers,
  apiVersion: string,
  before: unknown,
  after: unknown,
): FieldSet {
  disown(rules, managers, '', { before, after }, true);
  const { modified, added } = filtered(compare(rootOf(rules, apiVersion), before, after), rules.ignored);
  return union(modified, added);
}

function managedIn(managers: Managers, apiVersion: string): FieldSet {
  return [...managers.values()]
    .filter((one) => one.apiVersion === apiVersion)
    .reduce((all, { set }) => union(all, set), emptySet());
}

/** Adds owned fields in `apiVersion` back to `pruned`, and removes only the rest from `merged`. */
function addBackOwned(root: Place, merged: unknown, pruned: unknown, owned: FieldSet): unknown {
  const named = (set: FieldSet): FieldSet => withNamedFields(set, root);
  const kept = union(named(toFieldSet(root, pruned)), named(owned));
  return removeFields(root, merged, difference(named(toFieldSet(root, merged)), kept));
}

/**
 * `merged` without the fields that the applier applied last time but not now, and that no other manager owns; in `apiVersion`, the version
 * of this apply. Each manager's fields are compared in the version in which it has written.
 */
function prune(
  rules: FieldRules,
  managers: Managers,
  merged: unknown,
  last: { set: FieldSet; apiVersion: string },
  apiVersion: string,
): unknown {
  if (isEmpty(last.set) || rules.schemaOf(last.apiVersion) === undefined) return merged;
  const root = rootOf(rules, last.apiVersion);
  const lastNamed = withNamedFields(last.set, root);
  const before = rules.inVersion(merged, last.apiVersion);
  let pruned = removeFields(root, before, lastNamed);
  const versions = new Set([last.apiVersion, ...[...managers.values()].map((one) => one.apiVersion)]);
  for (const version of versions) {
    if (rules.schemaOf(version) === undefined) continue;
    const [all, kept] = [rules.inVersion(before, version), rules.inVersion(pruned, version)];
    pruned = addBackOwned(rootOf(rules, version), all, kept, managedIn(managers, version));
  }
  const mergedSet = withNamedFields(toFieldSet(root, before), root);
  const prunedSet = withNamedFields(toFieldSet(root, rules.inVersion(pruned, last.apiVersion)), root);
  const left = removeFields(root, before, intersection(difference(mergedSet, prunedSet), lastNamed));
  return rules.inVersion(left, apiVersion);
}

export interface Applied {
  /** Undefined if the object does not change. */
  object: unknown;
  /** Fields of others that would change; if there are any, nothing was done. */
  conflicts: Conflict[];
}

/** Merges `config` into `live` for an applier; `managers` change in place (without conflicts, or with `force`). */
export function applyConfig(
  rules: FieldRules,
  managers: Managers,
  applier: ManagerInfo,
  objects: { live: unknown; config: unknown },
  force: boolean,
): Applied {
  const { live, config } = objects;
  const root = rootOf(rules, applier.apiVersion);
  const id = identify(applier);
  const last = managers.get(id);
  const set = recursiveDifference(toFieldSet(root, config), rules.ignored);
  managers.set(id, { ...applier, set, time: last?.time });
  const merged = merge(root, live, config);
  const pruned = last === undefined ? merged : prune(rules, managers, merged, last, applier.apiVersion);
  const conflicts = disown(rules, managers, id, { before: live, after: pruned }, force);
  return { object: sameJson(live, pruned) ? undefined : pruned, conflicts };
}
