import { expect, test } from '@jest/globals';

import { unknownFieldLines } from '../../../../cli/follow/unknown-fields.ts';
import type { KubeClient } from '../../../../shared/kubernetes/client.ts';

const OPENAPI = {
  components: {
    schemas: {
      'dev.tekton.v1.PipelineRun': {
        'x-kubernetes-group-version-kind': [{ group: 'tekton.dev', version: 'v1', kind: 'PipelineRun' }],
        properties: {
          metadata: { allOf: [{ $ref: '#/components/schemas/meta.v1.ObjectMeta' }] },
          spec: {
            properties: {
              pipelineSpec: {
                properties: { tasks: { items: { properties: { name: {}, runAfter: {} } } }, finally: {} },
              },
              quotas: { additionalProperties: { $ref: '#/components/schemas/Quota' } },
            },
          },
        },
      },
      'meta.v1.ObjectMeta': { properties: { name: {}, generateName: {} } },
      Quota: { properties: { limit: {} } },
    },
  },
};

const run = { apiVersion: 'tekton.dev/v1', kind: 'PipelineRun', metadata: {} };
const serving = (request: (method: string, path: string) => Promise<unknown>): KubeClient =>
  ({ request }) as unknown as KubeClient;
const documented = serving((_method, path) =>
  path === '/openapi/v3/apis/tekton.dev/v1' ? Promise.resolve(OPENAPI) : Promise.reject(new Error(path)),
);
const refused = (...paths: string[]): string =>
  `PipelineRun in version "v1" cannot be handled as a PipelineRun: strict decoding error: ${paths.map((path) => `unknown field "${path}"`).join(', ')}`;

test('each unknown field gets a line with the similar name of its place', async () => {
  const message = refused(
    'metadata.genrateName',
    'spec.pipelinespec',
    'spec.pipelineSpec.tasks[12].runafter',
    'spec.quotas.cpu.limt',
    'spec.pipelineSpec.nobodyKnows',
  );
  expect(await unknownFieldLines(documented, run, message)).toEqual([
    'metadata.genrateName: there is no such field (did you mean generateName?)',
    'spec.pipelinespec: there is no such field (did you mean pipelineSpec?)',
    'spec.pipelineSpec.tasks[12].runafter: there is no such field (did you mean runAfter?)',
    'spec.quotas.cpu.limt: there is no such field (did you mean limit?)',
    'spec.pipelineSpec.nobodyKnows: there is no such field',
  ]);
});

test('without OpenAPI there is no similar name; a message about anything else stays as it is', async () => {
  const client = serving(() => Promise.reject(new Error('403')));
  expect(await unknownFieldLines(client, run, refused('spec.pipelinespec'))).toEqual([
    'spec.pipelinespec: there is no such field',
  ]);
  const duplicate = `${refused('spec.pipelinespec')}, duplicate field "spec.params"`;
  expect(await unknownFieldLines(documented, run, duplicate)).toBeUndefined();
  expect(await unknownFieldLines(documented, run, 'admission webhook refused it')).toBeUndefined();
});
