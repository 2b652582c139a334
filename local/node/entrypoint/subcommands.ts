import fs from 'node:fs';
import path from 'node:path';

import { mapPath } from './path-map.ts';
import type { PathMap } from './path-map.ts';

const COPY_MODE = 0o755;

function copy(source: string, destination: string): void {
  fs.writeFileSync(destination, fs.readFileSync(source), { mode: COPY_MODE });
  fs.chmodSync(destination, COPY_MODE);
}

/** Links `/tekton/steps/NAME` and `/tekton/steps/INDEX` to each step's status directory; existing links stay. */
function linkSteps(steps: string[], map: PathMap): void {
  const directory = mapPath('/tekton/steps', map);
  fs.mkdirSync(directory, { recursive: true });
  for (const [index, step] of steps.entries()) {
    const run = `/tekton/run/${index}`;
    const mapped = mapPath(run, map);
    // Every container has another link to the same volume: the link has to lead to the volume itself.
    const target = `${mapped === run ? run : fs.realpathSync(mapped)}/status`;
    for (const name of [step, String(index)]) {
      try {
        fs.symlinkSync(target, path.join(directory, name));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      }
    }
  }
}

function decodeScript(file: string): void {
  const encoded = fs.readFileSync(file, 'utf8').trim();
  if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(encoded))
    throw new Error(`error decoding script file "${file}": illegal base64 data`);
  fs.writeFileSync(file, Buffer.from(encoded, 'base64'));
}

/** Runs `init`, `cp`, `step-init` or `decode-script`. What it did, or undefined when the arguments name none of them. Throws with the reason. */
export function runSubcommand(args: string[], map: PathMap): string | undefined {
  const [name, first = '', second = '', ...rest] = args;
  if (name === 'init' && args.length >= 3) {
    copy(first, second);
    linkSteps(rest, map);
    return 'Entrypoint initialization';
  }
  if (name === 'cp' && args.length === 3) {
    copy(first, second);
    return `Copied ${first} to ${second}`;
  }
  if (name === 'decode-script' && args.length === 2) {
    decodeScript(first);
    return `Decoded script ${first}`;
  }
  if (name === 'step-init') {
    linkSteps(args.slice(1), map);
    return 'Setup /step directories';
  }
  return undefined;
}
