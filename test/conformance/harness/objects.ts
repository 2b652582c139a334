import type { Json } from './client.ts';

const schema = {
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
        title: { type: 'string', maxLength: 10, pattern: '^[a-z]+$' },
        since: { type: 'string', format: 'date-time' },
        size: { 'x-kubernetes-int-or-string': true },
        note: { type: 'string', nullable: true },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        steps: {
          type: 'array',
          minItems: 1,
          maxItems: 3,
          items: {
            type: 'object',
            required: ['name'],
            properties: {
              name: { type: 'string' },
              image: { type: 'string', default: 'busybox' },
              args: { type: 'array', items: { type: 'string' } },
            },
          },
        },
      },
    },
    status: {
      type: 'object',
      properties: {
        phase: { type: 'string' },
        conditions: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['type'],
          items: {
            type: 'object',
            required: ['type'],
            properties: { type: { type: 'string' }, status: { type: 'string' } },
          },
        },
      },
    },
  },
};

/** A custom resource with what validation, pruning, defaults and printing act on. Its status is a subresource in v1 only. */
export const widgetCrd = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.dev' },
  spec: {
    group: 'example.dev',
    scope: 'Namespaced',
    names: { plural: 'widgets', singular: 'widget', kind: 'Widget', shortNames: ['wd'], categories: ['example'] },
    versions: ['v1', 'v1beta1'].map((name) => ({
      name,
      served: true,
      storage: name === 'v1',
      subresources: { status: {} },
      selectableFields: [{ jsonPath: '.spec.mode' }],
      additionalPrinterColumns: [
        { name: 'Phase', type: 'string', jsonPath: '.status.phase', description: 'Where it is.' },
        { name: 'Count', type: 'integer', jsonPath: '.spec.count', priority: 1 },
        { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
      ],
      schema: { openAPIV3Schema: schema },
    })),
  },
};

export const widget = (name: string, spec: Json = {}, metadata: Json = {}): Json => ({
  apiVersion: 'example.dev/v1',
  kind: 'Widget',
  metadata: { name, ...metadata },
  spec: { steps: [{ name: 'one' }], ...spec },
});

export const configMap = (name: string, metadata: Json = {}, data: Json = { key: 'value' }): Json => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, ...metadata },
  data,
});

export const secret = (name: string, rest: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name },
  ...rest,
});

/** Names its ServiceAccount, because the real server runs without the admission plugin that does. */
export const pod = (name: string, metadata: Json = {}, spec: Json = {}): Json => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, ...metadata },
  spec: { serviceAccountName: 'default', containers: [{ name: 'main', image: 'busybox:1.36' }], ...spec },
});

export const lease = (name: string, spec: Json = {}): Json => ({
  apiVersion: 'coordination.k8s.io/v1',
  kind: 'Lease',
  metadata: { name },
  spec,
});

export const ownedBy = (owner: Json, more: Json = {}): Json => ({
  apiVersion: owner.apiVersion,
  kind: owner.kind,
  name: owner.metadata.name,
  uid: owner.metadata.uid,
  ...more,
});
