import { isObject } from '../../../local/apiserver/object.ts';
import type { JsonObject } from '../../../local/apiserver/object.ts';

/** The built-in kinds whose schemas the embedded API server has, by the documents of a kube-apiserver that describe them. */
const kinds: Record<string, string[]> = {
  'api/v1': [
    'Namespace',
    'Pod',
    'ConfigMap',
    'Secret',
    'ServiceAccount',
    'Event',
    'PersistentVolumeClaim',
    'Node',
    'Service',
    'Endpoints',
  ],
  'apis/apps/v1': ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'ControllerRevision', 'Scale'],
  'apis/coordination.k8s.io/v1': ['Lease'],
  'apis/admissionregistration.k8s.io/v1': [
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ],
  'apis/apiextensions.k8s.io/v1': ['CustomResourceDefinition'],
};

export const describedGroupVersions = Object.keys(kinds);

const reference = /^#\/components\/schemas\/(.+)$/;

/** Facts only: the texts are not taken over. */
export function withoutTexts(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withoutTexts);
  if (!isObject(schema)) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => key !== 'description' || typeof value !== 'string');
  return Object.fromEntries(kept.map(([key, value]) => [key, withoutTexts(value)]));
}

function isKind(definition: JsonObject, wanted: string[]): boolean {
  const gvks = definition['x-kubernetes-group-version-kind'];
  return Array.isArray(gvks) && gvks.some((gvk: unknown) => isObject(gvk) && wanted.includes(String(gvk['kind'])));
}

function references(schema: unknown): string[] {
  if (Array.isArray(schema)) return schema.flatMap(references);
  if (!isObject(schema)) return [];
  const own = typeof schema['$ref'] === 'string' ? reference.exec(schema['$ref'])?.[1] : undefined;
  return [...(own === undefined ? [] : [own]), ...Object.values(schema).flatMap(references)];
}

/** The definitions of those kinds, and of all that they refer to, in OpenAPI v3 documents by group and version. */
export function collectDefinitions(documents: Record<string, JsonObject>): Record<string, JsonObject> {
  const found: Record<string, JsonObject> = {};
  for (const [groupVersion, wanted] of Object.entries(kinds)) {
    const components = documents[groupVersion]?.['components'] as { schemas: Record<string, JsonObject> };
    const visit = (name: string): void => {
      const definition = components.schemas[name];
      if (definition === undefined || found[name] !== undefined) return;
      found[name] = withoutTexts(definition) as JsonObject;
      references(definition).forEach(visit);
    };
    for (const [name, definition] of Object.entries(components.schemas)) if (isKind(definition, wanted)) visit(name);
  }
  return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
}
