/** How a container of the image runs, as the fields of an OCI image configuration. The Dockerfile says the same; a test compares them. */
export const CONFIG = {
  User: '65532:65532',
  Env: ['PATH=/usr/local/bin', 'NODE_ENV=production'],
  // Not through the launcher: Node as the only process gets the signals itself.
  Entrypoint: ['node', '--disable-warning=ExperimentalWarning', '/app/cli/main.ts'],
  Cmd: ['--help'],
  WorkingDir: '/app',
};

/** The image's name without its tag. */
export const REPOSITORY = 'docker.io/library/tektrace';
