/** How a field's bytes are read: a scalar, or the name of a message in this table. */
export interface Field {
  name: string;
  type: string;
  repeated?: boolean;
  /** A map from strings to this type. */
  map?: boolean;
  /** Absent if it is 0 or false. */
  omitZero?: boolean;
}

export type Message = Record<number, Field>;

const text = (name: string): Field => ({ name, type: 'string' });
const texts = (name: string): Field => ({ name, type: 'string', repeated: true });
const number = (name: string): Field => ({ name, type: 'integer' });
const plainNumber = (name: string): Field => ({ name, type: 'integer', omitZero: true });
const plainFlag = (name: string): Field => ({ name, type: 'boolean', omitZero: true });
const flag = (name: string): Field => ({ name, type: 'boolean' });
const part = (name: string, type: string): Field => ({ name, type });
const parts = (name: string, type: string): Field => ({ name, type, repeated: true });
const map = (name: string, type: string): Field => ({ name, type, map: true });
const metadata = part('metadata', 'ObjectMeta');

/**
 * The messages that kubectl sends as protobuf: its typed commands (`create namespace`, `create configmap`, `create token`, `auth
 * whoami` …). Field numbers are those of the generated.proto files of k8s.io/api and k8s.io/apimachinery.
 */
export const messages: Record<string, Message> = {
  Unknown: { 1: part('typeMeta', 'TypeMeta'), 2: { name: 'raw', type: 'bytes' } },
  TypeMeta: { 1: text('apiVersion'), 2: text('kind') },
  ObjectMeta: {
    1: text('name'),
    2: text('generateName'),
    3: text('namespace'),
    5: text('uid'),
    6: text('resourceVersion'),
    11: map('labels', 'string'),
    12: map('annotations', 'string'),
    13: parts('ownerReferences', 'OwnerReference'),
    14: texts('finalizers'),
  },
  OwnerReference: {
    1: text('kind'),
    3: text('name'),
    4: text('uid'),
    5: text('apiVersion'),
    6: flag('controller'),
    7: flag('blockOwnerDeletion'),
  },
  ConfigMap: { 1: metadata, 2: map('data', 'string'), 3: map('binaryData', 'base64'), 4: flag('immutable') },
  Secret: {
    1: metadata,
    2: map('data', 'base64'),
    3: text('type'),
    4: map('stringData', 'string'),
    5: flag('immutable'),
  },
  Namespace: { 1: metadata, 2: part('spec', 'NamespaceSpec') },
  NamespaceSpec: { 1: texts('finalizers') },
  ServiceAccount: {
    1: metadata,
    3: parts('imagePullSecrets', 'LocalObjectReference'),
    4: flag('automountServiceAccountToken'),
  },
  LocalObjectReference: { 1: text('name') },
  Deployment: { 1: metadata, 2: part('spec', 'DeploymentSpec') },
  DeploymentSpec: {
    1: number('replicas'),
    2: part('selector', 'LabelSelector'),
    3: part('template', 'PodTemplateSpec'),
    4: part('strategy', 'DeploymentStrategy'),
    5: plainNumber('minReadySeconds'),
    6: number('revisionHistoryLimit'),
    7: plainFlag('paused'),
    9: number('progressDeadlineSeconds'),
  },
  DeploymentStrategy: { 1: text('type') },
  LabelSelector: { 1: map('matchLabels', 'string'), 2: parts('matchExpressions', 'LabelSelectorRequirement') },
  LabelSelectorRequirement: { 1: text('key'), 2: text('operator'), 3: texts('values') },
  PodTemplateSpec: { 1: metadata, 2: part('spec', 'PodSpec') },
  PodSpec: { 2: parts('containers', 'Container'), 3: text('restartPolicy'), 8: text('serviceAccountName') },
  Container: {
    1: text('name'),
    2: text('image'),
    3: texts('command'),
    4: texts('args'),
    5: text('workingDir'),
    6: parts('ports', 'ContainerPort'),
    14: text('imagePullPolicy'),
  },
  ContainerPort: {
    1: text('name'),
    2: plainNumber('hostPort'),
    3: number('containerPort'),
    4: text('protocol'),
    5: text('hostIP'),
  },
  TokenRequest: { 1: metadata, 2: part('spec', 'TokenRequestSpec') },
  TokenRequestSpec: { 1: texts('audiences'), 4: number('expirationSeconds') },
  SelfSubjectReview: { 1: metadata },
  SelfSubjectAccessReview: { 1: metadata, 2: part('spec', 'SelfSubjectAccessReviewSpec') },
  SelfSubjectAccessReviewSpec: {
    1: part('resourceAttributes', 'ResourceAttributes'),
    2: part('nonResourceAttributes', 'NonResourceAttributes'),
  },
  ResourceAttributes: {
    1: text('namespace'),
    2: text('verb'),
    3: text('group'),
    4: text('version'),
    5: text('resource'),
    6: text('subresource'),
    7: text('name'),
  },
  NonResourceAttributes: { 1: text('path'), 2: text('verb') },
  DeleteOptions: {
    1: number('gracePeriodSeconds'),
    2: part('preconditions', 'Preconditions'),
    3: flag('orphanDependents'),
    4: text('propagationPolicy'),
    5: texts('dryRun'),
  },
  Preconditions: { 1: text('uid'), 2: text('resourceVersion') },
};
