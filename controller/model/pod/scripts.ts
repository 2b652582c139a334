import { createHash } from 'node:crypto';

import type { V1Container } from '@kubernetes/client-node';

import { ENTRYPOINT, SCRIPTS_DIR } from '../pod-paths.ts';
import { BIN_MOUNT, SCRIPTS_MOUNT, SCRIPTS_WRITE_MOUNT } from './volumes.ts';

const DEFAULT_PREAMBLE = '#!/bin/sh\nset -e\n';

/** A container that runs `file`, to which `place-scripts` has written `script`. */
export interface PlacedScript {
  container: V1Container;
  file: string;
  script: string;
}

/** The name ends in a hash instead of upstream's random letters, so that a Pod built again after a crash is equal. */
function scriptFile(name: string, podName: string): string {
  const suffix = createHash('sha256').update(`${podName}/${name}`).digest('hex').slice(0, 5);
  return `${SCRIPTS_DIR}/${name}-${suffix}`;
}

/** The container with its script as the command. `name` is `script-<i>` or `sidecar-script-<i>`. */
export function placeScript(container: V1Container, script: string, name: string, podName: string): PlacedScript {
  const file = scriptFile(name, podName);
  return {
    container: { ...container, command: [file], volumeMounts: [...(container.volumeMounts ?? []), SCRIPTS_MOUNT] },
    file,
    script: script.trimStart().startsWith('#!') ? script : DEFAULT_PREAMBLE + script,
  };
}

/** Base64 keeps Kubernetes from expanding `$(…)` in the script; the entrypoint decodes the file in place. */
function placement({ file, script }: PlacedScript): string {
  return [
    `scriptfile="${file}"`,
    'touch ${scriptfile} && chmod +x ${scriptfile}',
    "cat > ${scriptfile} << '_EOF_'",
    Buffer.from(script).toString('base64'),
    '_EOF_',
    `${ENTRYPOINT} decode-script "\${scriptfile}"`,
    '',
  ].join('\n');
}

/** The init container that writes the scripts. */
export function placeScriptsContainer(image: string, scripts: readonly PlacedScript[]): V1Container {
  return {
    name: 'place-scripts',
    image,
    command: ['sh'],
    args: ['-c', scripts.map(placement).join('')],
    volumeMounts: [SCRIPTS_WRITE_MOUNT, BIN_MOUNT],
  };
}

/** Containers without their scripts, and the scripts for `place-scripts`. */
export function takeScripts(
  containers: { container: V1Container; script: string | undefined }[],
  prefix: string,
  podName: string,
) {
  const placed: PlacedScript[] = [];
  const converted = containers.map(({ container, script }, index) => {
    if (!script) return container;
    const result = placeScript(container, script, `${prefix}-${index}`, podName);
    placed.push(result);
    return result.container;
  });
  return { placed, containers: converted };
}
