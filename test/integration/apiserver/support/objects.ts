/** A small custom resource with everything that validation, pruning, defaults and printing act on. */
export const widgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.dev' },
  spec: {
    group: 'example.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['example'] },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      additionalPrinterColumns: [
        { name: 'Succeeded', type: 'string', jsonPath: '.status.conditions[?(@.type=="Succeeded")].status' },
        { name: 'Started', type: 'date', jsonPath: '.status.startTime' },
      ],
      schema: {
        openAPIV3Schema: {
          type: 'object',
          required: ['spec'],
          properties: {
            spec: {
              type: 'object',
              required: ['steps'],
              properties: {
                timeout: { type: 'string', default: '1h0m0s' },
                mode: { type: 'string', enum: ['a', 'b'] },
                count: { type: 'integer', minimum: 1, maximum: 5 },
                free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
                steps: {
                  type: 'array',
                  items: {
                    type: 'object',
                    required: ['name'],
                    properties: { name: { type: 'string' }, image: { type: 'string' } },
                  },
                },
              },
            },
            status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
          },
        },
      },
    })),
  },
};

export const WIDGETS = '/apis/example.dev/v1/namespaces/default/widgets';
export const PODS = '/api/v1/namespaces/default/pods';
export const CONFIGMAPS = '/api/v1/namespaces/default/configmaps';
export const MERGE = { contentType: 'application/merge-patch+json' };

export function widget(
  name: string,
  metadata: object = {},
  spec: object = {},
): { apiVersion: string; kind: string; metadata: object; spec: object } {
  return {
    apiVersion: 'example.dev/v1',
    kind: 'Widget',
    metadata: { name, ...metadata },
    spec: { steps: [{ name: 'one' }], ...spec },
  };
}

export function configMap(name: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { key: 'value' } };
}

export function pod(name: string, metadata: object = {}, spec: object = {}): object {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { containers: [{ name: 'main', image: 'busybox' }], ...spec },
  };
}
