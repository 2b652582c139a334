import type { NameRule } from '../names.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { FieldError } from '../field-errors.ts';
import type { Schema } from '../schema/schema.ts';
import type { Column } from '../table/column.ts';

/** What is particular to one resource's writes; everything else is the same for all. */
export interface Strategy {
  /** Fills in what the API machinery defaults when it decodes an object (in place). */
  applyDefaults?(object: KubeObject): void;
  /** Sets what only the server sets at creation, such as a Pod's first status (in place). */
  prepareForCreate?(object: KubeObject): void;
  /** Restores fields that an update can't change (in place). */
  prepareForUpdate?(object: KubeObject, old: KubeObject): void;
  /** Restores fields that a status update can't remove (in place). */
  prepareForStatusUpdate?(object: KubeObject, old: KubeObject): void;
  /** Updates need a resourceVersion. */
  needsVersion?: boolean;
  /** A PUT creates a missing object. */
  isCreatedByUpdate?: boolean;
  /** New metadata is validated by the API machinery only, at the end. */
  ignoresMetadata?: boolean;
  validate?(object: KubeObject): FieldError[];
  /** An update is validated like a new object, metadata included. */
  isValidatedAnew?: boolean;
  /** Warnings for a valid object. */
  warnings?(this: void, object: KubeObject): string[];
  /** All errors in a change, in order; `content` are those in the new object. */
  validateUpdate?(this: void, object: KubeObject, old: KubeObject, content: FieldError[]): FieldError[];
  /** The part whose changes `metadata.generation` counts; default: all but metadata and status. */
  generationOf?(this: void, object: KubeObject): unknown;
}

/** The paths of what a Scale shows; a workload's selector is made from its labels. */
export interface ScalePaths {
  replicas: string[];
  current: string[];
  selector?: string[];
}

/** One served version of a resource. Versions of one resource share their storage (`storageKey`). */
export interface ResourceType {
  group: string;
  version: string;
  resource: string;
  singular: string;
  kind: string;
  listKind: string;
  namespaced: boolean;
  shortNames: string[];
  categories: string[];
  /** Built into Kubernetes: associative lists, strategic merge patch and typed decoding errors. */
  builtIn: boolean;
  storageKey: string;
  /** A kube-apiserver answers reads from its cache. */
  isCached: boolean;
  /** The version in which a kube-apiserver stores it, if another. */
  storageVersion?: string;
  schema: Schema;
  /** The schemas of all versions of a custom resource. */
  versionSchemas?: Record<string, Schema>;
  subresources: string[];
  statusSubresource: boolean;
  scale?: ScalePaths;
  /** `metadata.generation` is kept. */
  hasGeneration: boolean;
  nameRule: NameRule;
  returnsDeletedObject: boolean;
  /** Field selectors besides metadata.name and metadata.namespace. */
  selectableFields: string[];
  columns: Column[];
  /** What a table row contains of an object besides the cells. */
  rowConditions?(this: void, object: KubeObject): JsonObject[];
  /** The warning with every request, if this version is deprecated. */
  deprecation?: string;
  strategy: Strategy;
  /** Converts an object between versions of this resource; absent if only apiVersion differs. Throws 500. */
  convert?(this: void, object: KubeObject, apiVersion: string): KubeObject;
}

export function apiVersionOf({ group, version }: { group: string; version: string }): string {
  return group === '' ? version : `${group}/${version}`;
}
