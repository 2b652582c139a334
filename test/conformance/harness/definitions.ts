import { equal } from 'node:assert/strict';

import type { Json } from './client.ts';
import type { Session } from './types.ts';

export const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

/** A schema that takes everything. */
export const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

/** A definition in a group of the case's own, with more in its spec and its one version. */
export function definition(s: Session, more: Json = {}, version: Json = {}): Json {
  const group = `${s.namespace}.dev`;
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `things.${group}` },
    spec: {
      group,
      scope: 'Namespaced',
      names: { plural: 'things', kind: 'Thing' },
      versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: open }, ...version }],
      ...more,
    },
  };
}

export const established = ({ body }: { body: Json }): boolean =>
  (body.status?.conditions ?? []).some((one: Json) => one.type === 'Established' && one.status === 'True');

/** Makes a definition and waits until its resource is served. Gives the path of its objects. */
export async function install(s: Session, crd: Json): Promise<string> {
  const { status, body } = await s.unrecorded.post(CRDS, crd);
  equal(status, 201, JSON.stringify(body));
  await s.eventually(`${CRDS}/${crd.metadata.name}`, established);
  const things = `/apis/${crd.spec.group}/v1/namespaces/${s.namespace}/${crd.spec.names.plural}`;
  await s.eventually(things, (answer) => answer.status === 200);
  return things;
}

export const thing = (s: Session, name: string, rest: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: `${s.namespace}.dev/v1`,
  kind: 'Thing',
  metadata: { name, ...metadata },
  ...rest,
});

export const withSchema = (properties: Json, more: Json = {}): Json => ({
  schema: { openAPIV3Schema: { type: 'object', properties, ...more } },
});
