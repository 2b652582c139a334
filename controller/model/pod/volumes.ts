import type { V1Volume, V1VolumeMount } from '@kubernetes/client-node';

import { POD_READY } from '../../../shared/tekton/annotations.ts';
import {
  ARTIFACTS_DIR,
  BIN_DIR,
  CREDENTIALS_DIR,
  DOWNWARD_DIR,
  HOME_DIR,
  RESULTS_DIR,
  RUN_DIR,
  SCRIPTS_DIR,
  STEPS_DIR,
  WORKSPACE_DIR,
} from '../pod-paths.ts';

const BIN = 'tekton-internal-bin';
const SCRIPTS = 'tekton-internal-scripts';
const DOWNWARD = 'tekton-internal-downward';

/** Mounts of every step, unless the step has its own mount at the path. */
export const IMPLICIT_MOUNTS: readonly V1VolumeMount[] = [
  { name: 'tekton-internal-workspace', mountPath: WORKSPACE_DIR },
  { name: 'tekton-internal-home', mountPath: HOME_DIR },
  { name: 'tekton-internal-results', mountPath: RESULTS_DIR },
  { name: 'tekton-internal-steps', mountPath: STEPS_DIR, readOnly: true },
  { name: 'tekton-internal-artifacts', mountPath: ARTIFACTS_DIR },
];

export const IMPLICIT_VOLUMES: readonly V1Volume[] = IMPLICIT_MOUNTS.map(({ name }) => ({ name, emptyDir: {} }));

export const BIN_VOLUME: V1Volume = { name: BIN, emptyDir: {} };
export const BIN_MOUNT: V1VolumeMount = { name: BIN, mountPath: BIN_DIR };
export const BIN_READ_ONLY_MOUNT: V1VolumeMount = { ...BIN_MOUNT, readOnly: true };
export const STEPS_MOUNT: V1VolumeMount = { name: 'tekton-internal-steps', mountPath: STEPS_DIR };

export const SCRIPTS_VOLUME: V1Volume = { name: SCRIPTS, emptyDir: {} };
export const SCRIPTS_MOUNT: V1VolumeMount = { name: SCRIPTS, mountPath: SCRIPTS_DIR, readOnly: true };
export const SCRIPTS_WRITE_MOUNT: V1VolumeMount = { name: SCRIPTS, mountPath: SCRIPTS_DIR };

/** The file `ready` has the Pod's annotation; the first step waits for its content. */
export const DOWNWARD_VOLUME: V1Volume = {
  name: DOWNWARD,
  downwardAPI: { items: [{ path: 'ready', fieldRef: { fieldPath: `metadata.annotations['${POD_READY}']` } }] },
};
export const DOWNWARD_MOUNT: V1VolumeMount = { name: DOWNWARD, mountPath: DOWNWARD_DIR, readOnly: true };

/** Each step's state (`out`, exit code) is in its own volume; other steps mount it read-only. */
export function runVolume(step: number): V1Volume {
  return {
    name: `tekton-internal-run-${step}`,
    emptyDir: {},
  };
}

export function runMounts(own: number, steps: number): V1VolumeMount[] {
  return Array.from({ length: steps }, (_, step) => ({
    name: `tekton-internal-run-${step}`,
    mountPath: `${RUN_DIR}/${step}`,
    ...(step === own ? {} : { readOnly: true }),
  }));
}

/** Each step has its own memory volume for credentials, because the steps' users differ. */
export function credentialsVolume(step: number): V1Volume {
  return {
    name: `tekton-creds-init-home-${step}`,
    emptyDir: { medium: 'Memory' },
  };
}

export function credentialsMount(step: number): V1VolumeMount {
  return {
    name: `tekton-creds-init-home-${step}`,
    mountPath: CREDENTIALS_DIR,
  };
}
