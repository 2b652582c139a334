/**
 * The fields in which upstream replaces references, one by one as its code names them (tektoncd/pipeline v1.15). `list` are those in which a whole
 * array becomes elements, `value` those that take a whole array or object.
 */

const CONTAINER = [
  'name',
  'image',
  'imagePullPolicy',
  'workingDir',
  'env[].value',
  'env[].valueFrom.secretKeyRef.name',
  'env[].valueFrom.secretKeyRef.key',
  'env[].valueFrom.configMapKeyRef.name',
  'env[].valueFrom.configMapKeyRef.key',
  'envFrom[].prefix',
  'envFrom[].configMapRef.name',
  'envFrom[].secretRef.name',
  'volumeMounts[].name',
  'volumeMounts[].mountPath',
  'volumeMounts[].subPath',
];

const below = (prefix: string, fields: readonly string[]): string[] => fields.map((field) => `${prefix}.${field}`);

/** pkg/container/*.go, ApplyReplacements in pkg/reconciler/taskrun/resources/apply.go. */
export const TASK_STRING_FIELDS = [
  ...below('steps[]', [...CONTAINER, 'script', 'onError', 'stdoutConfig.path', 'stderrConfig.path', 'when[].input']),
  ...below(
    'stepTemplate',
    CONTAINER.filter((field) => field !== 'name'),
  ),
  ...below('sidecars[]', [...CONTAINER, 'script']),
  ...below('volumes[]', [
    'name',
    'configMap.name',
    'configMap.items[].key',
    'configMap.items[].path',
    'secret.secretName',
    'secret.items[].key',
    'secret.items[].path',
    'persistentVolumeClaim.claimName',
    'projected.sources[].configMap.name',
    'projected.sources[].secret.name',
    'projected.sources[].serviceAccountToken.audience',
    'csi.nodePublishSecretRef.name',
    'csi.volumeAttributes.share',
  ]),
  'workspaces[].mountPath',
];

export const TASK_LIST_FIELDS = [
  'steps[].command',
  'steps[].args',
  'steps[].when[].values',
  'stepTemplate.command',
  'stepTemplate.args',
  'sidecars[].command',
  'sidecars[].args',
];

/** Some of those in which it replaces nothing. */
export const TASK_PLAIN_FIELDS = [
  'steps[].securityContext.seccompProfile.localhostProfile',
  'steps[].computeResources.limits.memory',
  'steps[].env[].valueFrom.fieldRef.fieldPath',
  'sidecars[].readinessProbe.exec.command[]',
  'volumes[].hostPath.path',
  'volumes[].nfs.server',
];

/** ApplyReplacements and ApplyTaskResults in pkg/reconciler/pipelinerun/resources/apply.go, of a pipeline task. */
export const PIPELINE_TASK_STRING_FIELDS = ['displayName', 'workspaces[].subPath', 'taskRef.name', 'when[].input'];
export const PIPELINE_TASK_LIST_FIELDS = ['when[].values'];
export const PIPELINE_TASK_VALUE_FIELDS = ['params[].value'];

/** An object in which the field at `path` (`steps[].env[].value`) holds `value`. */
export function objectWith(path: string, value: unknown): Record<string, unknown> {
  const [first = '', ...rest] = path.split('.');
  const held = rest.length > 0 ? objectWith(rest.join('.'), value) : value;
  return first.endsWith('[]') ? { [first.slice(0, -2)]: [held] } : { [first]: held };
}

/** What the field at `path` of `object` holds. */
export function fieldAt(object: unknown, path: string): unknown {
  return path.split('.').reduce((value: unknown, name) => {
    const inner = (value as Record<string, unknown> | undefined)?.[name.replace(/\[\]$/, '')];
    return name.endsWith('[]') ? (inner as unknown[] | undefined)?.[0] : inner;
  }, object);
}
