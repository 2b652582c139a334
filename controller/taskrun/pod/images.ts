/** Images of the containers in a TaskRun's Pod besides its steps. */
export interface Images {
  /** With upstream's entrypoint at /ko-app/entrypoint. */
  entrypoint: string;
  /** With `sh`; writes the scripts. */
  shell: string;
  /** With /ko-app/workingdirinit. */
  workingdirinit: string;
  /** Exits at once; replaces a sidecar's image to stop it. */
  nop: string;
}

/** Image names that the local node provides itself. On a cluster, flags set real images. */
export const LOCAL_IMAGES: Images = {
  entrypoint: 'tektrace.dev/entrypoint',
  shell: 'tektrace.dev/shell',
  workingdirinit: 'tektrace.dev/workingdirinit',
  nop: 'tektrace.dev/nop',
};
