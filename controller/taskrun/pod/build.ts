import type { V1Pod, V1PodSpec, V1Volume } from '@kubernetes/client-node';

import { podNameOf, sidecarContainerName } from '../../../shared/tekton/containers.ts';
import { runByEntrypoint } from '../../model/pod/entrypoint-args.ts';
import { placeScriptsContainer, takeScripts } from '../../model/pod/scripts.ts';
import { finishStepContainer, sidecarContainer, stepContainer } from '../../model/pod/step-container.ts';
import { mergeStepTemplate } from '../../model/pod/step-template.ts';
import {
  BIN_VOLUME,
  credentialsVolume,
  DOWNWARD_VOLUME,
  IMPLICIT_VOLUMES,
  runVolume,
  SCRIPTS_VOLUME,
} from '../../model/pod/volumes.ts';
import { timeoutMsOf } from '../../model/task-run-timeout.ts';
import type { PodTemplate, TaskRun, TaskSpec } from '../../../shared/tekton/types.ts';
import { withTraceContext } from '../../../shared/tracing/pod-context.ts';
import { traced } from '../../../shared/tracing/traced.ts';
import type { Images } from './images.ts';
import { prepareContainer, workingDirContainer } from './init-containers.ts';
import { podMetadata } from './metadata.ts';

const MAX_DEADLINE_SECONDS = 2 ** 31 - 1;
const DEADLINE_FACTOR = 1.5;

/** The Pod's deadline: a safety margin beyond the TaskRun's timeout, in seconds. */
const activeDeadlineSeconds = traced('activeDeadlineSeconds', (taskRun: TaskRun): number => {
  const timeoutMs = timeoutMsOf(taskRun);
  return timeoutMs === 0 ? MAX_DEADLINE_SECONDS : Math.max(1, Math.floor((timeoutMs / 1000) * DEADLINE_FACTOR));
});

/** Fields that the podTemplate and the Pod's spec share; `env` and `volumes` are handled separately. */
const podTemplateFields = traced('podTemplateFields', (template: PodTemplate | undefined): Partial<V1PodSpec> => {
  const { env: _env, volumes: _volumes, ...fields } = template ?? {};
  return fields;
});

const stepVolumes = traced('stepVolumes', (steps: number): V1Volume[] =>
  Array.from({ length: steps }, (_, index) => [credentialsVolume(index), runVolume(index)]).flat(),
);

/**
 * The Pod of the TaskRun's present attempt, as in upstream (Tekton's pkg/pod). `taskSpec` has its references replaced and its workspaces mounted;
 * each step has a command or a script.
 */
export const buildPod = traced('buildPod', (taskRun: TaskRun, taskSpec: TaskSpec, images: Images): V1Pod => {
  const { podTemplate, serviceAccountName } = taskRun.spec;
  const steps = (taskSpec.steps ?? []).map((step) => mergeStepTemplate(taskSpec.stepTemplate, step));
  const sidecars = taskSpec.sidecars ?? [];
  const ready = sidecars.length === 0;
  const podName = podNameOf(taskRun);

  const step = takeScripts(
    steps.map((each, index) => ({ container: stepContainer(each, index), script: each.script })),
    'script',
    podName,
  );
  const sidecar = takeScripts(
    sidecars.map((each) => ({ container: sidecarContainer(each), script: each.script })),
    'sidecar-script',
    podName,
  );
  const scripts = [...step.placed, ...sidecar.placed];
  const workingDirs = workingDirContainer(images.workingdirinit, step.containers);
  const containers = step.containers
    .map((container, index) => runByEntrypoint(container, index, { ...taskSpec, steps }, !ready))
    .map((container, index) => finishStepContainer(container, index, steps.length, podTemplate?.env ?? []));

  const pod: V1Pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: podMetadata(taskRun, ready),
    spec: {
      ...podTemplateFields(podTemplate),
      restartPolicy: 'Never',
      ...(serviceAccountName ? { serviceAccountName } : {}),
      initContainers: [
        prepareContainer(images.entrypoint, steps),
        ...(scripts.length > 0 ? [placeScriptsContainer(images.shell, scripts)] : []),
        ...(workingDirs ? [workingDirs] : []),
      ],
      containers: [
        ...containers,
        ...sidecar.containers.map((container) => ({ ...container, name: sidecarContainerName(container.name) })),
      ],
      volumes: [
        ...IMPLICIT_VOLUMES,
        ...(scripts.length > 0 ? [SCRIPTS_VOLUME] : []),
        BIN_VOLUME,
        ...(ready ? [] : [DOWNWARD_VOLUME]),
        ...stepVolumes(steps.length),
        ...(taskSpec.volumes ?? []),
        ...(podTemplate?.volumes ?? []),
      ],
      activeDeadlineSeconds: activeDeadlineSeconds(taskRun),
    },
  };
  return withTraceContext(pod, taskRun);
});
