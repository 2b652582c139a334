import type { ResourceType, ScalePaths } from '../catalog/resource-type.ts';
import type { VersionConverter } from '../catalog/versions.ts';
import { withObjectFields } from '../schema/prune.ts';
import type { Schema } from '../schema/schema.ts';
import { ageColumn, nameColumn } from '../table/common-columns.ts';
import { internalError, StatusError } from '../status.ts';
import { printerColumn } from '../table/printer-column.ts';
import { checkScale } from './validate.ts';
import type { CrdVersion, CustomResourceDefinition } from './types.ts';

export function storageKeyOf({ spec }: CustomResourceDefinition): string {
  return `${spec.group}/${spec.names.plural}`;
}

function schemaOf(crd: CustomResourceDefinition, version: CrdVersion): Schema {
  const schema = withObjectFields(version.schema?.openAPIV3Schema ?? { type: 'object' });
  return crd.spec.preserveUnknownFields === true ? { ...schema, 'x-kubernetes-preserve-unknown-fields': true } : schema;
}

/** The warning for a deprecated version. */
function deprecationOf({ spec }: CustomResourceDefinition, { name, deprecationWarning }: CrdVersion): string {
  return deprecationWarning ?? `${spec.group}/${name} ${spec.names.kind} is deprecated`;
}

/** Paths of a definition are simple ones: `.spec.replicas`. */
function scaleOf({ subresources }: CrdVersion): ScalePaths | undefined {
  const { scale } = subresources ?? {};
  if (scale === undefined) return undefined;
  const path = (text = ''): string[] => text.replace(/^\./, '').split('.');
  const { specReplicasPath, statusReplicasPath, labelSelectorPath = '' } = scale;
  const selector = labelSelectorPath === '' ? {} : { selector: path(labelSelectorPath) };
  return { replicas: path(specReplicasPath), current: path(statusReplicasPath), ...selector };
}

/** A converter's errors are reported like those of a conversion webhook. */
function conversionOf({ convert }: VersionConverter): NonNullable<ResourceType['convert']> {
  return (object, apiVersion) => {
    try {
      return convert(object, apiVersion);
    } catch (error: unknown) {
      if (error instanceof StatusError) throw error;
      const problem = error instanceof Error ? error.message : String(error);
      throw internalError(
        `conversion of ${object.apiVersion}, Kind=${object.kind} to ${apiVersion} failed: ${problem}`,
      );
    }
  };
}

function resourceType(
  crd: CustomResourceDefinition,
  version: CrdVersion,
  converter: VersionConverter | undefined,
): ResourceType {
  const { group, names, scope } = crd.spec;
  const columns = version.additionalPrinterColumns?.map(printerColumn) ?? [ageColumn];
  const schema = schemaOf(crd, version);
  const scale = scaleOf(version);
  const statusSubresource = version.subresources?.status !== undefined;
  return {
    group,
    version: version.name,
    resource: names.plural,
    singular: names.singular ?? names.kind.toLowerCase(),
    kind: names.kind,
    listKind: names.listKind ?? `${names.kind}List`,
    namespaced: scope === 'Namespaced',
    shortNames: names.shortNames ?? [],
    categories: names.categories ?? [],
    builtIn: false,
    storageKey: storageKeyOf(crd),
    isCached: true,
    schema,
    subresources: [...(statusSubresource ? ['status'] : []), ...(scale === undefined ? [] : ['scale'])],
    ...(scale === undefined ? {} : { scale }),
    statusSubresource,
    hasGeneration: true,
    nameRule: 'subdomain',
    returnsDeletedObject: false,
    selectableFields: (version.selectableFields ?? []).map((field) => field.jsonPath.replace(/^\./, '')),
    columns: [nameColumn, ...columns],
    strategy: {
      needsVersion: true,
      validate: (object) => [
        ...(scale === undefined ? [] : checkScale(scale, object)),
        ...(converter?.validate?.(object) ?? []),
      ],
      // Without the subresource, status is an ordinary field.
      generationOf: ({ metadata: _metadata, status, ...rest }) => (statusSubresource ? rest : { ...rest, status }),
    },
    ...(converter === undefined ? {} : { convert: conversionOf(converter) }),
    ...(version.deprecated === true ? { deprecation: deprecationOf(crd, version) } : {}),
  };
}

/** How Kubernetes orders versions: v2 before v1 before v1beta2 before v1beta1 before v1alpha1. */
function priority(name: string): [number, number, number] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(name);
  if (match === null) return [-1, 0, 0];
  const stage = match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0;
  return [stage, Number(match[1]), Number(match[3] ?? 0)];
}

function byPriority(a: CrdVersion, b: CrdVersion): number {
  const left = priority(a.name);
  const right = priority(b.name);
  return right[0] - left[0] || right[1] - left[1] || right[2] - left[2] || (a.name < b.name ? -1 : 1);
}

/** The resources that a CustomResourceDefinition makes, one for each served version, preferred version first. */
export function resourceTypesOf(crd: CustomResourceDefinition, converter?: VersionConverter): ResourceType[] {
  const { versions } = crd.spec;
  const storageVersion = versions.find((version) => version.storage)?.name ?? '';
  const versionSchemas = Object.fromEntries(versions.map((version) => [version.name, schemaOf(crd, version)]));
  return versions
    .filter((version) => version.served)
    .sort(byPriority)
    .map((version) => ({ ...resourceType(crd, version, converter), versionSchemas, storageVersion }));
}
