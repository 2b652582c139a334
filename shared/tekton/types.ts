import type {
  V1Affinity,
  V1Container,
  V1EnvFromSource,
  V1EnvVar,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1Probe,
  V1ResourceRequirements,
  V1SecurityContext,
  V1Volume,
  V1VolumeDevice,
  V1VolumeMount,
} from '@kubernetes/client-node';

import type { KubeObject } from '../kubernetes/types.ts';

/** Tekton's API v1 (https://tekton.dev/docs/pipelines/pipeline-api/), limited to fields that the controllers execute or trace. */

export type ParamValue = string | string[] | Record<string, string>;
export type ParamType = 'string' | 'array' | 'object';

export interface Param {
  name: string;
  value: ParamValue;
}

export interface ParamSpec {
  name: string;
  type?: ParamType;
  description?: string;
  default?: ParamValue;
  properties?: Record<string, { type?: ParamType }>;
  enum?: string[];
}

export interface ResultSpec {
  name: string;
  type?: ParamType;
  description?: string;
  properties?: Record<string, { type?: ParamType }>;
}

export interface WorkspaceDeclaration {
  name: string;
  description?: string;
  mountPath?: string;
  readOnly?: boolean;
  optional?: boolean;
}

export interface WorkspaceBinding {
  name: string;
  subPath?: string;
  emptyDir?: object;
  persistentVolumeClaim?: { claimName: string; readOnly?: boolean };
  volumeClaimTemplate?: V1PersistentVolumeClaim;
  configMap?: V1Volume['configMap'];
  secret?: V1Volume['secret'];
  projected?: V1Volume['projected'];
}

export interface Step {
  name?: string;
  image?: string;
  command?: string[];
  args?: string[];
  script?: string;
  workingDir?: string;
  env?: V1EnvVar[];
  envFrom?: V1EnvFromSource[];
  computeResources?: V1ResourceRequirements;
  volumeMounts?: V1VolumeMount[];
  volumeDevices?: V1VolumeDevice[];
  imagePullPolicy?: string;
  securityContext?: V1SecurityContext;
  timeout?: string;
  onError?: 'continue' | 'stopAndFail';
}

export interface Sidecar extends Omit<V1Container, 'resources' | 'name'> {
  name?: string;
  script?: string;
  computeResources?: V1ResourceRequirements;
  readinessProbe?: V1Probe;
}

export interface TaskSpec {
  displayName?: string;
  description?: string;
  params?: ParamSpec[];
  steps?: Step[];
  stepTemplate?: Partial<Step>;
  sidecars?: Sidecar[];
  volumes?: V1Volume[];
  workspaces?: WorkspaceDeclaration[];
  results?: ResultSpec[];
}

export interface Task extends KubeObject {
  spec: TaskSpec;
}

export interface PodTemplate {
  nodeSelector?: Record<string, string>;
  tolerations?: V1PodSpec['tolerations'];
  affinity?: V1Affinity;
  securityContext?: V1PodSpec['securityContext'];
  volumes?: V1Volume[];
  env?: V1EnvVar[];
  imagePullSecrets?: V1PodSpec['imagePullSecrets'];
  schedulerName?: string;
  priorityClassName?: string;
  runtimeClassName?: string;
  automountServiceAccountToken?: boolean;
  hostNetwork?: boolean;
}

export interface Condition {
  type: string;
  status: 'True' | 'False' | 'Unknown';
  reason?: string;
  message?: string;
  lastTransitionTime?: string;
}

export interface TaskRunResult {
  name: string;
  type?: ParamType;
  value: ParamValue;
}

export interface StepState {
  name?: string;
  container?: string;
  imageID?: string;
  terminationReason?: string;
  waiting?: { reason?: string; message?: string };
  running?: { startedAt?: string };
  terminated?: {
    exitCode: number;
    reason?: string;
    message?: string;
    startedAt?: string;
    finishedAt?: string;
    containerID?: string;
  };
}

export type SidecarState = Omit<StepState, 'terminationReason'>;

export interface TaskRunStatus {
  conditions?: Condition[];
  podName?: string;
  startTime?: string;
  completionTime?: string;
  steps?: StepState[];
  sidecars?: SidecarState[];
  results?: TaskRunResult[];
  taskSpec?: TaskSpec;
  retriesStatus?: TaskRunStatus[];
  spanContext?: Record<string, string>;
  observedGeneration?: number;
}

export interface TaskRef {
  name?: string;
  kind?: string;
  apiVersion?: string;
  /** Remote resolution; the drive controllers refuse it. */
  resolver?: string;
  params?: Param[];
}

export interface WhenExpression {
  input?: string;
  operator?: string;
  values?: string[];
  cel?: string;
}

interface EmbeddedMetadata {
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
}

export interface TaskRunSpec {
  params?: Param[];
  taskRef?: TaskRef;
  taskSpec?: TaskSpec;
  workspaces?: WorkspaceBinding[];
  serviceAccountName?: string;
  status?: string;
  statusMessage?: string;
  timeout?: string;
  retries?: number;
  podTemplate?: PodTemplate;
  managedBy?: string;
}

export interface TaskRun extends KubeObject {
  spec: TaskRunSpec;
  status?: TaskRunStatus;
}

/** Several runs of one pipeline task, one for each combination of its params. Only traced: the drive controllers refuse it. */
export interface Matrix {
  /** Params of type array: each element is one value. */
  params?: Param[];
  include?: { name?: string; params?: Param[] }[];
}

export interface PipelineTask {
  name: string;
  displayName?: string;
  description?: string;
  taskRef?: TaskRef;
  /** `apiVersion`, `kind` and `spec` are those of a custom task. */
  taskSpec?: TaskSpec & { apiVersion?: string; kind?: string; metadata?: EmbeddedMetadata; spec?: unknown };
  params?: Param[];
  matrix?: Matrix;
  when?: WhenExpression[];
  runAfter?: string[];
  onError?: 'continue' | 'stopAndFail';
  workspaces?: { name: string; workspace?: string; subPath?: string }[];
  timeout?: string;
  retries?: number;
}

export interface PipelineWorkspaceDeclaration {
  name: string;
  description?: string;
  optional?: boolean;
}

export interface PipelineResultSpec {
  name: string;
  type?: ParamType;
  description?: string;
  value: ParamValue;
}

export interface PipelineSpec {
  displayName?: string;
  description?: string;
  params?: ParamSpec[];
  tasks?: PipelineTask[];
  finally?: PipelineTask[];
  workspaces?: PipelineWorkspaceDeclaration[];
  results?: PipelineResultSpec[];
}

export interface Pipeline extends KubeObject {
  spec: PipelineSpec;
}

/** Settings of one task's TaskRun that differ from the other TaskRuns. */
export interface PipelineTaskRunSpec {
  pipelineTaskName?: string;
  serviceAccountName?: string;
  podTemplate?: PodTemplate;
  timeout?: string;
  metadata?: EmbeddedMetadata;
}

export interface PipelineRunSpec {
  pipelineRef?: { name?: string; apiVersion?: string; resolver?: string };
  pipelineSpec?: PipelineSpec;
  params?: Param[];
  workspaces?: WorkspaceBinding[];
  status?: string;
  timeouts?: { pipeline?: string; tasks?: string; finally?: string };
  taskRunTemplate?: { serviceAccountName?: string; podTemplate?: PodTemplate };
  taskRunSpecs?: PipelineTaskRunSpec[];
  managedBy?: string;
}

/** Run of a custom task (`tekton.dev/v1beta1`): a controller of its own executes it. */
export interface CustomRun extends KubeObject {
  spec?: {
    customRef?: { apiVersion?: string; kind?: string; name?: string };
    customSpec?: { apiVersion?: string; kind?: string };
    params?: Param[];
  };
  status?: { conditions?: Condition[]; startTime?: string; completionTime?: string };
}

/** What upstream asks a resolver for (`resolution.tekton.dev/v1beta1`): the run that needs it is its owner. */
export interface ResolutionRequest extends KubeObject {
  spec?: { params?: Param[] };
  status?: { conditions?: Condition[] };
}

export interface ChildReference {
  apiVersion?: string;
  kind?: string;
  name: string;
  displayName?: string;
  pipelineTaskName?: string;
  whenExpressions?: WhenExpression[];
}

export interface SkippedTask {
  name: string;
  reason: string;
  whenExpressions?: WhenExpression[];
}

export interface PipelineRunStatus {
  conditions?: Condition[];
  startTime?: string;
  completionTime?: string;
  finallyStartTime?: string;
  pipelineSpec?: PipelineSpec;
  childReferences?: ChildReference[];
  skippedTasks?: SkippedTask[];
  results?: { name: string; value: ParamValue }[];
  spanContext?: Record<string, string>;
  observedGeneration?: number;
}

export interface PipelineRun extends KubeObject {
  spec: PipelineRunSpec;
  status?: PipelineRunStatus;
}
