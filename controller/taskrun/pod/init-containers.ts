import { posix } from 'node:path';

import type { V1Container } from '@kubernetes/client-node';

import { stepName } from '../../../shared/tekton/containers.ts';
import { cleanPath, ENTRYPOINT, WORKSPACE_DIR } from '../../model/pod-paths.ts';
import { BIN_MOUNT, IMPLICIT_MOUNTS, STEPS_MOUNT } from '../../model/pod/volumes.ts';
import type { Step } from '../../../shared/tekton/types.ts';
import { traced } from '../../../shared/tracing/traced.ts';

/** Copies the entrypoint to the path where every step runs it, and creates the steps' directories. */
export const prepareContainer = traced('prepareContainer', (image: string, steps: readonly Step[]): V1Container => ({
  name: 'prepare',
  image,
  workingDir: '/',
  command: [
    '/ko-app/entrypoint',
    'init',
    '/ko-app/entrypoint',
    ENTRYPOINT,
    ...steps.map(({ name }, index) => stepName(name, index)),
  ],
  volumeMounts: [BIN_MOUNT, STEPS_MOUNT],
}));

/** Creates the steps' working directories that are relative or below /workspace; undefined if there are none. */
export const workingDirContainer = traced(
  'workingDirContainer',
  (image: string, containers: readonly V1Container[]): V1Container | undefined => {
    const wanted = new Set(
      containers.map(({ workingDir }) => workingDir).filter((dir) => dir !== undefined && dir !== ''),
    );
    const directories = [...wanted]
      .sort()
      .map((dir) => cleanPath(dir ?? ''))
      .filter((dir) => !posix.isAbsolute(dir) || dir.startsWith(`${WORKSPACE_DIR}/`));
    if (directories.length === 0) return undefined;
    return {
      name: 'working-dir-initializer',
      image,
      command: ['/ko-app/workingdirinit'],
      args: directories,
      workingDir: WORKSPACE_DIR,
      volumeMounts: [...IMPLICIT_MOUNTS],
    };
  },
);
