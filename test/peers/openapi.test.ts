import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import type { JsonObject } from '../../local/apiserver/object.ts';
import { definitions } from '../../local/apiserver/schema/definitions.ts';
import { startBothServers } from './support/both-servers.ts';
import type { BothServers } from './support/both-servers.ts';
import { runPeer } from './support/command.ts';
import { collectDefinitions, describedGroupVersions, withoutTexts } from './support/definitions.ts';

type Schemas = Record<string, JsonObject>;

const served = ['api/v1', 'apis/apps/v1', 'apis/coordination.k8s.io/v1', 'apis/apiextensions.k8s.io/v1'];

async function get(kubeconfigPath: string, path: string): Promise<JsonObject> {
  return JSON.parse(await runPeer('kubectl', [`--kubeconfig=${kubeconfigPath}`, 'get', '--raw', path])) as JsonObject;
}

async function schemasOf(kubeconfigPath: string, key: string): Promise<Schemas> {
  const { components } = (await get(kubeconfigPath, `/openapi/v3/${key}`)) as { components: { schemas: Schemas } };
  return components.schemas;
}

/** The text of `metadata` alone is not known to the embedded server: it says what ObjectMeta is. */
function withoutMetaText(schema: JsonObject | undefined): unknown {
  const { properties, ...rest } = schema as { properties: Schemas };
  return { ...rest, properties: { ...properties, metadata: withoutTexts(properties['metadata']) } };
}

describe('OpenAPI v3 documents', () => {
  let servers: BothServers;
  beforeAll(async () => {
    servers = await startBothServers();
  }, 300_000);
  afterAll(() => servers.stop());

  test('definitions.json is what the kube-apiserver publishes', async () => {
    const documents = describedGroupVersions.map(
      async (key) => [key, await get(servers.real, `/openapi/v3/${key}`)] as const,
    );
    expect(definitions).toEqual(collectDefinitions(Object.fromEntries(await Promise.all(documents))));
  });

  test.each(served)('%s: every schema is the same', async (key) => {
    const expected = await schemasOf(servers.real, key);
    const schemas = await schemasOf(servers.embedded, key);
    expect(Object.keys(schemas).length).toBeGreaterThan(5);
    for (const [name, schema] of Object.entries(schemas)) {
      expect(withoutTexts(schema)).toEqual(withoutTexts(expected[name]));
    }
  });

  test('custom resources are described as kube-apiserver describes them, with their texts', async () => {
    const expected = await schemasOf(servers.real, 'apis/tekton.dev/v1');
    const schemas = await schemasOf(servers.embedded, 'apis/tekton.dev/v1');
    const custom = Object.keys(schemas).filter((name) => name.startsWith('dev.tekton.'));
    expect(custom.length).toBeGreaterThan(4);
    for (const name of custom) expect(withoutMetaText(schemas[name])).toEqual(withoutMetaText(expected[name]));
  });
});
