import { definitionName } from '../schema/definitions.ts';
import { namedSchema } from '../schema/models.ts';
import { builtInColumns } from '../table/built-in-columns.ts';
import { podRowConditions } from '../table/pod-columns.ts';
import type { ResourceType } from './resource-type.ts';
import { crdStrategy } from '../crd/strategy.ts';
import { namespaceStrategy, persistentVolumeClaimStrategy } from './core-strategies.ts';
import { configMapStrategy, secretStrategy } from './config-strategies.ts';
import { eventStrategy } from './event-strategy.ts';
import { leaseStrategy } from './lease-strategy.ts';
import { podStrategy } from './pod-strategy.ts';
import { serviceStrategy } from './services/strategy.ts';
import { deploymentStrategy, replicaSetStrategy } from './workload-strategies.ts';
import { mutatingConfigurationStrategy, validatingConfigurationStrategy } from '../admission/configuration.ts';

type Given = Pick<ResourceType, 'resource' | 'kind'> & Partial<ResourceType>;

const admissionregistration = 'admissionregistration.k8s.io';
const apiextensions = 'apiextensions.k8s.io';

const eventFields = ['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
  (field) => `involvedObject.${field}`,
);

const workload = {
  categories: ['all'],
  statusSubresource: true,
  hasGeneration: true,
  subresources: ['status', 'scale'],
  scale: { replicas: ['spec', 'replicas'], current: ['status', 'replicas'] },
};

const given: Given[] = [
  {
    resource: 'namespaces',
    kind: 'Namespace',
    namespaced: false,
    shortNames: ['ns'],
    statusSubresource: true,
    subresources: ['status', 'finalize'],
    nameRule: 'label',
    selectableFields: ['status.phase'],
    strategy: namespaceStrategy,
  },
  {
    resource: 'pods',
    kind: 'Pod',
    shortNames: ['po'],
    categories: ['all'],
    statusSubresource: true,
    hasGeneration: true,
    subresources: ['status', 'log', 'binding'],
    returnsDeletedObject: true,
    selectableFields: [
      'spec.nodeName',
      'spec.restartPolicy',
      'spec.schedulerName',
      'spec.serviceAccountName',
      'spec.hostNetwork',
      'status.phase',
      'status.podIP',
      'status.nominatedNodeName',
    ],
    strategy: podStrategy,
    rowConditions: podRowConditions,
  },
  { resource: 'configmaps', kind: 'ConfigMap', shortNames: ['cm'], strategy: configMapStrategy },
  { resource: 'secrets', kind: 'Secret', selectableFields: ['type'], strategy: secretStrategy },
  {
    resource: 'serviceaccounts',
    kind: 'ServiceAccount',
    shortNames: ['sa'],
    subresources: ['token'],
    returnsDeletedObject: true,
    strategy: { isValidatedAnew: true },
  },
  {
    resource: 'events',
    kind: 'Event',
    shortNames: ['ev'],
    isCached: false,
    strategy: eventStrategy,
    selectableFields: [...eventFields, 'reason', 'reportingComponent', 'source', 'type'],
  },
  {
    resource: 'persistentvolumeclaims',
    kind: 'PersistentVolumeClaim',
    shortNames: ['pvc'],
    statusSubresource: true,
    subresources: ['status'],
    returnsDeletedObject: true,
    strategy: persistentVolumeClaimStrategy,
  },
  {
    resource: 'nodes',
    kind: 'Node',
    namespaced: false,
    shortNames: ['no'],
    statusSubresource: true,
    subresources: ['status'],
    selectableFields: ['spec.unschedulable'],
  },
  {
    resource: 'services',
    kind: 'Service',
    shortNames: ['svc'],
    categories: ['all'],
    statusSubresource: true,
    subresources: ['status'],
    nameRule: 'label',
    returnsDeletedObject: true,
    selectableFields: ['spec.clusterIP', 'spec.type'],
    strategy: serviceStrategy,
  },
  {
    resource: 'endpoints',
    kind: 'Endpoints',
    singular: 'endpoints',
    shortNames: ['ep'],
    deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  },
  {
    group: 'apps',
    resource: 'deployments',
    kind: 'Deployment',
    shortNames: ['deploy'],
    ...workload,
    strategy: deploymentStrategy,
  },
  {
    group: 'apps',
    resource: 'replicasets',
    kind: 'ReplicaSet',
    shortNames: ['rs'],
    ...workload,
    selectableFields: ['status.replicas'],
    strategy: replicaSetStrategy,
  },
  { group: 'coordination.k8s.io', resource: 'leases', kind: 'Lease', strategy: leaseStrategy },
  {
    group: admissionregistration,
    resource: 'mutatingwebhookconfigurations',
    kind: 'MutatingWebhookConfiguration',
    categories: ['api-extensions'],
    namespaced: false,
    hasGeneration: true,
    strategy: mutatingConfigurationStrategy,
  },
  {
    group: admissionregistration,
    resource: 'validatingwebhookconfigurations',
    kind: 'ValidatingWebhookConfiguration',
    categories: ['api-extensions'],
    namespaced: false,
    hasGeneration: true,
    strategy: validatingConfigurationStrategy,
  },
  {
    group: apiextensions,
    resource: 'customresourcedefinitions',
    kind: 'CustomResourceDefinition',
    storageVersion: 'v1beta1',
    namespaced: false,
    shortNames: ['crd', 'crds'],
    categories: ['api-extensions'],
    hasGeneration: true,
    statusSubresource: true,
    subresources: ['status'],
    strategy: crdStrategy,
  },
];

/** A built-in type, with defaults that most of them share. */
export function builtInType(type: Given): ResourceType {
  const { group = '', version = 'v1', kind, ...rest } = type;
  return {
    group,
    version,
    kind,
    singular: kind.toLowerCase(),
    listKind: `${kind}List`,
    namespaced: true,
    shortNames: [],
    categories: [],
    builtIn: true,
    storageKey: `${group}/${type.resource}`,
    isCached: true,
    schema: namedSchema(definitionName({ group, version, kind })),
    subresources: [],
    statusSubresource: false,
    hasGeneration: false,
    nameRule: 'subdomain',
    returnsDeletedObject: false,
    selectableFields: [],
    columns: builtInColumns(kind),
    strategy: {},
    ...rest,
  };
}

/** The built-in resources that are served: those that Tekton's controllers, kubectl and the node use. */
export function builtInTypes(): ResourceType[] {
  return given.map(builtInType);
}
