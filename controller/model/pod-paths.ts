import { posix } from 'node:path';

/** Paths in a TaskRun's Pod. Upstream's entrypoint and users' scripts rely on them. */
export const WORKSPACE_DIR = '/workspace';
export const HOME_DIR = '/tekton/home';
export const RESULTS_DIR = '/tekton/results';
export const STEPS_DIR = '/tekton/steps';
export const ARTIFACTS_DIR = '/tekton/artifacts';
export const BIN_DIR = '/tekton/bin';
export const RUN_DIR = '/tekton/run';
export const CREDENTIALS_DIR = '/tekton/creds';
export const DOWNWARD_DIR = '/tekton/downward';
export const SCRIPTS_DIR = '/tekton/scripts';
export const ENTRYPOINT = `${BIN_DIR}/entrypoint`;
export const TERMINATION_PATH = '/tekton/termination';

/** A path without `.`, `..`, double or trailing slashes, as from Go's filepath.Clean. */
export function cleanPath(path: string): string {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}
