/** The webhook configuration of the embedded cluster: the chart's, with a loopback URL instead of the Service. */
export function webhookConfiguration(url: string, caPem: string): object {
  const webhook = (path: string, group: string, versions: string[], resource: string, objectSelector = {}): object => ({
    name: `${path}.tektrace.dev`,
    admissionReviewVersions: ['v1'],
    clientConfig: { url: `${url}/mutate/${path}`, caBundle: Buffer.from(caPem).toString('base64') },
    rules: [
      { apiGroups: [group], apiVersions: versions, operations: ['CREATE'], resources: [resource], scope: 'Namespaced' },
    ],
    matchPolicy: 'Exact',
    objectSelector,
    failurePolicy: 'Ignore',
    // The chart's is two seconds. Here the API server waits for its own process: when that is busy, a run waits in any case.
    timeoutSeconds: 30,
    sideEffects: 'None',
    reinvocationPolicy: 'Never',
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'tektrace-webhook' },
    webhooks: [
      webhook('pipelinerun', 'tekton.dev', ['v1', 'v1beta1'], 'pipelineruns'),
      webhook('taskrun', 'tekton.dev', ['v1', 'v1beta1'], 'taskruns'),
      webhook('pod', '', ['v1'], 'pods', { matchExpressions: [{ key: 'tekton.dev/taskRun', operator: 'Exists' }] }),
    ],
  };
}
