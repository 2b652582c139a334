import fs from 'node:fs/promises';
import path from 'node:path';
import { text } from 'node:stream/consumers';

import { launcher } from './entrypoint/launcher.ts';
import { runtimeEnvironment } from './container/env.ts';
import type { Isolation, Mount } from './isolation/isolation.ts';
import { findTool, requireTool } from './isolation/tools.ts';
import type { IsolationKind } from './isolation/kind.ts';

/** The images that this node provides. All others are the machine's own programs. */
const OWN_IMAGES: Record<string, { program: string; command: string[] }> = {
  entrypoint: { program: 'entrypoint', command: ['/ko-app/entrypoint'] },
  workingdirinit: { program: 'workingdirinit', command: ['/ko-app/workingdirinit'] },
  shell: { program: '', command: ['sh'] },
  nop: { program: '', command: [] },
};
const REGISTRY = 'tektrace.dev/';

function ownName(image: string): string | undefined {
  if (!image.startsWith(REGISTRY)) return undefined;
  const name = image.slice(REGISTRY.length).split(/[:@]/)[0] ?? '';
  return Object.hasOwn(OWN_IMAGES, name) ? name : undefined;
}

/** Tekton stops a sidecar by giving it this image: the container then ends at once with exit code 0, whatever its command. */
export const isNop = (image: string): boolean => ownName(image) === 'nop';

/** The image's entrypoint, if this node knows it. */
export const imageCommand = (image: string): string[] | undefined => {
  const name = ownName(image);
  return name === undefined ? undefined : OWN_IMAGES[name]?.command;
};

/** Only what a program of this machine needs. */
const PLAIN_RIGHTS = { groups: [], noNewPrivileges: false, capabilities: [], capabilitiesChanged: false };

/** Where containers of a namespace find Node and the entrypoint's modules. */
const RUNTIME = '/.tektrace';

export interface ImageStore {
  /** Runs the entrypoint once, so that its modules are in the compile cache that all steps read. */
  warmUp(isolation: Isolation): Promise<void>;
  /** The mounts of the image and the entrypoint. */
  mounts(image: string): Mount[];
}

/** `workspace`: /workspace as the program sees it; in `plain` paths are mapped. */
const workingDirInit = (workspace: string): string => `#!/bin/sh
for directory in "$@"; do
  case $directory in
    [!/]* | ${workspace}/*) mkdir -p -- "$directory" || exit 1 ;;
  esac
done
`;

/** Writes the launchers and the entrypoint's modules below `directory`, for containers of this isolation. */
export async function createImageStore(directory: string, isolation: IsolationKind): Promise<ImageStore> {
  const source = path.join(import.meta.dirname, 'entrypoint');
  const modules = path.join(directory, 'entrypoint');
  const extension = path.extname(import.meta.filename);
  await fs.cp(source, modules, { recursive: true });
  await fs.writeFile(path.join(modules, 'package.json'), '{"type":"module"}\n');
  const cache = path.join(directory, 'compile-cache');
  await fs.mkdir(cache, { recursive: true });
  const inNamespace = isolation === 'namespaces';
  const node = inNamespace ? `${RUNTIME}/node` : process.execPath;
  const script = path.join(inNamespace ? `${RUNTIME}/entrypoint` : modules, `main${extension}`);
  const programs: Record<string, string> = {
    entrypoint: launcher(node, script, inNamespace ? `${RUNTIME}/cache` : cache, {
      base64: requireTool('base64'),
      mkfifo: requireTool('mkfifo'),
      prlimit: findTool('prlimit'),
    }),
    workingdirinit: workingDirInit(inNamespace ? '/workspace' : '*/root/workspace'),
  };
  for (const [name, content] of Object.entries(programs)) {
    const file = path.join(directory, 'images', name, name);
    await fs.mkdir(path.dirname(file), { recursive: true });
    await fs.writeFile(file, content, { mode: 0o755 });
    await fs.chmod(file, 0o755);
  }
  const runtime: Mount[] = [
    { source: process.execPath, target: `${RUNTIME}/node`, readOnly: true, kind: 'file' },
    { source: modules, target: `${RUNTIME}/entrypoint`, readOnly: true, kind: 'directory' },
  ];
  const cacheMount = (readOnly: boolean): Mount => ({
    source: cache,
    target: `${RUNTIME}/cache`,
    readOnly,
    kind: 'directory',
  });
  const appMount = (program: string): Mount => ({
    source: path.join(directory, 'images', program),
    target: '/ko-app',
    readOnly: true,
    kind: 'directory',
  });
  return {
    mounts(image) {
      const program = OWN_IMAGES[ownName(image) ?? '']?.program ?? '';
      return [...(inNamespace ? [...runtime, cacheMount(true)] : []), ...(program === '' ? [] : [appMount(program)])];
    },
    async warmUp(isolated) {
      const place = path.join(directory, 'warm-up');
      await fs.mkdir(place, { recursive: true });
      const running = await isolated.start({
        containerId: 'warm-up',
        directory: place,
        hostname: 'warm-up',
        command: ['/ko-app/entrypoint', '-termination_path', '/tmp/termination', '-entrypoint', 'true', '--'],
        env: runtimeEnvironment('warm-up', '/root'),
        workingDir: '/',
        mounts: [...(inNamespace ? [...runtime, cacheMount(false)] : []), appMount('entrypoint')],
        // The cache is by user: in a namespace that is root.
        credentials: inNamespace
          ? { uid: 0, gid: 0, ...PLAIN_RIGHTS }
          : { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, ...PLAIN_RIGHTS },
      });
      const [{ exitCode }, said] = await Promise.all([running.exited, text(running.output)]);
      if (exitCode !== 0) throw new Error(`the entrypoint does not run here: exit code ${exitCode}: ${said.trim()}`);
      await fs.rm(place, { recursive: true });
    },
  };
}
