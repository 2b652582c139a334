import type { FieldTree } from './field-tree.ts';

/*
 * The fields in which upstream replaces references (tektoncd/pipeline v1.15: pkg/container, ApplyReplacements in
 * pkg/reconciler/{taskrun,pipelinerun}/resources/apply.go, pkg/workspace/apply.go).
 */

const NAME = { name: 'string' } as const;
const NAME_AND_KEY = { name: 'string', key: 'string' } as const;
const ITEMS = [{ key: 'string', path: 'string' }] as const;
const PARAMS = [{ value: 'value' }] as const;
const WHEN = [{ input: 'string', values: 'list', cel: 'string' }] as const;

const CONTAINER: FieldTree = {
  name: 'string',
  image: 'string',
  imagePullPolicy: 'string',
  command: 'list',
  args: 'list',
  workingDir: 'string',
  env: [{ value: 'string', valueFrom: { secretKeyRef: NAME_AND_KEY, configMapKeyRef: NAME_AND_KEY } }],
  envFrom: [{ prefix: 'string', configMapRef: NAME, secretRef: NAME }],
  volumeMounts: [{ name: 'string', mountPath: 'string', subPath: 'string' }],
};

const STEP: FieldTree = {
  ...CONTAINER,
  script: 'string',
  onError: 'string',
  stdoutConfig: { path: 'string' },
  stderrConfig: { path: 'string' },
  when: WHEN,
  params: PARAMS,
};

const VOLUME: FieldTree = {
  name: 'string',
  configMap: { name: 'string', items: ITEMS },
  secret: { secretName: 'string', items: ITEMS },
  persistentVolumeClaim: { claimName: 'string' },
  projected: { sources: [{ configMap: NAME, secret: NAME, serviceAccountToken: { audience: 'string' } }] },
  csi: { nodePublishSecretRef: NAME, volumeAttributes: { '*': 'string' } },
};

/** Fields of a Task's spec. */
export const TASK_FIELDS: FieldTree = {
  steps: [STEP],
  stepTemplate: CONTAINER,
  sidecars: [{ ...CONTAINER, script: 'string' }],
  volumes: [VOLUME],
  workspaces: [{ mountPath: 'string' }],
};

/** Fields of an embedded Task's spec: there defaults may also refer to names of the Pipeline. */
export const EMBEDDED_TASK_FIELDS: FieldTree = { ...TASK_FIELDS, params: [{ default: 'value' }] };

/** Fields of a pipeline task, without its embedded spec. */
export const PIPELINE_TASK_FIELDS: FieldTree = {
  displayName: 'string',
  params: PARAMS,
  when: WHEN,
  workspaces: [{ subPath: 'string' }],
  taskRef: { name: 'string', params: PARAMS },
  onError: 'string',
};

/** Fields of a run's workspace bindings. */
export const WORKSPACE_BINDING_FIELDS: FieldTree = {
  subPath: 'string',
  persistentVolumeClaim: { claimName: 'string' },
  configMap: { name: 'string', items: ITEMS },
  secret: { secretName: 'string', items: ITEMS },
  projected: { sources: [{ configMap: { name: 'string', items: ITEMS }, secret: { name: 'string', items: ITEMS } }] },
  csi: { driver: 'string', nodePublishSecretRef: NAME },
};
