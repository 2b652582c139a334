/** A Pod as Tekton's controller builds it for the given steps: entrypoint, scripts and step order through files. */
export function tektonPod(
  steps: { script: string; args?: string[]; workingDir?: string }[],
  options: { waitForReady?: boolean } = {},
): object {
  const names = ['workspace', 'results', 'steps', 'bin', 'scripts', ...steps.map((_, i) => `run-${i}`)];
  const paths = [
    '/workspace',
    '/tekton/results',
    '/tekton/steps',
    '/tekton/bin',
    '/tekton/scripts',
    ...steps.map((_, i) => `/tekton/run/${i}`),
  ];
  const only = (...wanted: string[]): object[] => volumeMounts.filter(({ name }) => wanted.includes(name));
  const volumeMounts: { name: string; mountPath: string | undefined; readOnly?: boolean }[] = [
    ...names.map((name, i) => ({ name, mountPath: paths[i] })),
    { name: 'downward', mountPath: '/tekton/downward', readOnly: true },
  ];
  const ready = { path: 'ready', fieldRef: { fieldPath: "metadata.annotations['tekton.dev/ready']" } };
  const place = steps.map(({ script }, i) => {
    const file = `/tekton/scripts/script-${i}`;
    const encoded = Buffer.from(script.trimStart().startsWith('#!') ? script : `#!/bin/sh\nset -e\n${script}`).toString(
      'base64',
    );
    return `touch ${file} && chmod +x ${file}\ncat > ${file} << '_EOF_'\n${encoded}\n_EOF_\n/tekton/bin/entrypoint decode-script "${file}"\n`;
  });
  const waits = (i: number): string[] => {
    if (i > 0) return ['-wait_file', `/tekton/run/${i - 1}/out`];
    return options.waitForReady ? ['-wait_file', '/tekton/downward/ready', '-wait_file_content'] : [];
  };
  return {
    volumes: [...names.map((name) => ({ name, emptyDir: {} })), { name: 'downward', downwardAPI: { items: [ready] } }],
    initContainers: [
      {
        name: 'prepare',
        image: 'tektrace.dev/entrypoint:v0',
        workingDir: '/',
        command: [
          '/ko-app/entrypoint',
          'init',
          '/ko-app/entrypoint',
          '/tekton/bin/entrypoint',
          ...steps.map((_, i) => `step-${i}`),
        ],
        volumeMounts: only('bin', 'steps'),
      },
      {
        name: 'place-scripts',
        image: 'tektrace.dev/shell',
        command: ['sh'],
        args: ['-c', place.join('')],
        volumeMounts: only('bin', 'scripts'),
      },
    ],
    containers: steps.map(({ args = [], workingDir = '/workspace' }, i) => ({
      name: `step-${i}`,
      image: 'bash',
      command: ['/tekton/bin/entrypoint'],
      terminationMessagePath: '/tekton/termination',
      workingDir,
      volumeMounts,
      args: [
        ...waits(i),
        ...['-post_file', `/tekton/run/${i}/out`, '-termination_path', '/tekton/termination'],
        ...['-step_metadata_dir', `/tekton/run/${i}/status`],
        ...args,
        ...['-entrypoint', `/tekton/scripts/script-${i}`, '--'],
      ],
    })),
  };
}
