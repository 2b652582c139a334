import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import type { JsonObject } from '../../local/apiserver/object.ts';
import { runPeer } from './support/command.ts';
import { collectDefinitions, describedGroupVersions } from './support/definitions.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';

/** Writes local/apiserver/schema/definitions.json anew, from the OpenAPI v3 documents of the kube-apiserver in .peers/bin. */

const target = fileURLToPath(new URL('../../local/apiserver/schema/definitions.json', import.meta.url));
const server = await startKubeApiserver();
try {
  const get = async (path: string): Promise<JsonObject> => {
    const text = await runPeer('kubectl', [`--kubeconfig=${server.kubeconfigPath}`, 'get', '--raw', path]);
    return JSON.parse(text) as JsonObject;
  };
  const entries = describedGroupVersions.map(async (key) => [key, await get(`/openapi/v3/${key}`)] as const);
  const definitions = collectDefinitions(Object.fromEntries(await Promise.all(entries)));
  const { gitVersion } = await get('/version');
  // One definition a line: a new release of Kubernetes shows as the lines that changed.
  const lines = Object.entries(definitions).map(([name, one]) => `  ${JSON.stringify(name)}: ${JSON.stringify(one)}`);
  const before = await readFile(target, 'utf8').catch(() => '');
  const text = `{\n "source": ${JSON.stringify(`kube-apiserver ${String(gitVersion)}`)},\n "definitions": {\n${lines.join(',\n')}\n }\n}\n`;
  await writeFile(target, text);
  console.log(`${lines.length} definitions, ${before === text ? 'unchanged' : 'changed'}: ${target}`);
} finally {
  await server.stop();
}
