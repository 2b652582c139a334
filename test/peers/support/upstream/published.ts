import type { KubeClient } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import { CONFIGMAPS, MERGE_PATCH, MUTATING_WEBHOOK_CONFIGURATIONS, resourcePath } from '../../../../shared/kubernetes/resources.ts'; // prettier-ignore
import type { KubeList, KubeObject } from '../../../../shared/kubernetes/types.ts';
import { until } from '../until.ts';
import { TEKTON_NAMESPACE } from './install.ts';

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const DEFAULTING = 'webhook.pipeline.tekton.dev';
const VALIDATING = ['validation.webhook.pipeline.tekton.dev', 'config.webhook.pipeline.tekton.dev'];

interface ClientConfig {
  caBundle?: string;
}
type Configuration = KubeObject & { webhooks?: { clientConfig: ClientConfig }[] };
type Definition = KubeObject & { spec: { conversion?: { webhook?: { clientConfig?: ClientConfig } } } };

/** Upstream's program writes its certificate into each of them by another controller. */
async function areWritten(client: KubeClient): Promise<boolean> {
  const paths = [
    resourcePath(MUTATING_WEBHOOK_CONFIGURATIONS, { name: DEFAULTING }),
    ...VALIDATING.map((name) => `${REGISTRATION}/validatingwebhookconfigurations/${name}`),
  ];
  const found = await Promise.all(paths.map((path) => client.request<Configuration>('GET', path)));
  const { items } = await client.request<KubeList<Definition>>('GET', CRDS);
  const converters = items.flatMap(({ spec }) => spec.conversion?.webhook ?? []);
  return (
    found.every(({ webhooks = [] }) => webhooks.length > 0 && webhooks.every((one) => one.clientConfig.caBundle)) &&
    converters.every(({ clientConfig }) => clientConfig?.caBundle)
  );
}

const specs = {
  Task: { steps: [{ name: 'a', image: 'a' }] },
  Pipeline: { tasks: [{ name: 'a', taskRef: { name: 'a' } }] },
  TaskRun: { taskRef: { name: 'a' } },
  PipelineRun: { pipelineRef: { name: 'a' } },
};
type Kind = keyof typeof specs;
interface Tried {
  spec?: { timeouts?: object };
}

/** What the API server answers to the creation of such an object, which it does not store. */
async function tryCreate(client: KubeClient, kind: Kind, version: string, spec: object): Promise<Tried | ApiError> {
  const path = `/apis/tekton.dev/${version}/namespaces/default/${kind.toLowerCase()}s`;
  const body = { apiVersion: `tekton.dev/${version}`, kind, metadata: { name: 'probe' }, spec };
  try {
    return await client.request<Tried>('POST', path, { body, query: { dryRun: 'All' } });
  } catch (error) {
    if (error instanceof ApiError) return error;
    throw error;
  }
}

async function isConfigurationChecked(client: KubeClient): Promise<boolean> {
  const path = resourcePath(CONFIGMAPS, { namespace: TEKTON_NAMESPACE, name: 'feature-flags' });
  const options = { body: { metadata: { labels: { probe: 'yes' } } }, contentType: MERGE_PATCH };
  return client.request('PATCH', path, { ...options, query: { dryRun: 'All' } }).then(
    () => true,
    (error: unknown) => {
      if (error instanceof ApiError) return false;
      throw error;
    },
  );
}

/**
 * Resolves when the API server has upstream's webhook fill in, check and convert its objects, and check its settings. It learns of each certificate some
 * time after that was written, and answers requests with an error until then.
 */
export async function webhookPublished(client: KubeClient): Promise<void> {
  const when = (what: string, holds: () => Promise<boolean>): Promise<true> =>
    until(`upstream's webhook to ${what}`, async () => (await holds()) || undefined);
  await when('publish its certificate', () => areWritten(client));
  await when('check what is created', async () => {
    const refused = await tryCreate(client, 'TaskRun', 'v1', {});
    return refused instanceof ApiError && refused.message.includes(`"${VALIDATING[0]}" denied`);
  });
  await when('fill in what is created', async () => {
    const filled = await tryCreate(client, 'PipelineRun', 'v1', specs.PipelineRun);
    return !(filled instanceof ApiError) && filled.spec?.timeouts !== undefined;
  });
  for (const [kind, spec] of Object.entries(specs))
    await when(`convert a ${kind}`, async () => {
      const converted = await tryCreate(client, kind as Kind, 'v1beta1', spec);
      return !(converted instanceof ApiError);
    });
  await when('check its settings', () => isConfigurationChecked(client));
}
