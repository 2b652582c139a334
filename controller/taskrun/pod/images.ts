/** The images of the containers that a TaskRun's Pod has besides its steps. */
export interface Images {
  /** Has upstream's entrypoint at /ko-app/entrypoint. */
  entrypoint: string;
  /** Has `sh`; writes the scripts. */
  shell: string;
  /** Has /ko-app/workingdirinit. */
  workingdirinit: string;
  /** Exits at once; sidecars get it to stop them. */
  nop: string;
}

/** Names the local node provides itself; on a cluster flags name real images. */
export const LOCAL_IMAGES: Images = {
  entrypoint: 'tektrace.dev/entrypoint',
  shell: 'tektrace.dev/shell',
  workingdirinit: 'tektrace.dev/workingdirinit',
  nop: 'tektrace.dev/nop',
};
