import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

import { runPeer } from '../peers/support/command.ts';
import { bringUp, takeDown } from './whole/cluster.ts';
import { findEnclosure } from './whole/enclosure.ts';
import { kubeconfigOf } from './whole/start.ts';

const usage = `Usage: npm run cluster -- up|down|status [--directory DIR]

  up      brings a whole Kubernetes up on this machine: API server, controllers, kubelet, containerd (root; programs by \`npm run peers\`)
  down    ends it and removes what it made
  status  says whether it is up, and what runs in it

DIR holds the cluster's files (default .peers/cluster); each has its own cluster.
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function up(directory: string): Promise<number> {
  const startedAt = Date.now();
  const { nodeAddress } = await bringUp(directory, { outlives: true, say });
  say(`up after ${Math.round((Date.now() - startedAt) / 1000)} s; NodePorts are on ${nodeAddress}`);
  say(`export KUBECONFIG=${kubeconfigOf(directory)}`);
  return 0;
}

async function down(directory: string): Promise<number> {
  await takeDown(directory);
  say('down');
  return 0;
}

/** 3 as an init script says "not running". */
async function status(directory: string): Promise<number> {
  if ((await findEnclosure(directory)) === undefined) {
    say('down');
    return 3;
  }
  say(`export KUBECONFIG=${kubeconfigOf(directory)}`);
  const kubeconfig = `--kubeconfig=${kubeconfigOf(directory)}`;
  say(await runPeer('kubectl', [kubeconfig, '--request-timeout=5s', 'get', 'nodes,pods', '--all-namespaces']));
  return 0;
}

const commands: Record<string, (directory: string) => Promise<number>> = { up, down, status };

/** The kubelet resolves symbolic links; both sides are to name the same files. */
function canonical(directory: string): string {
  const parent = dirname(resolve(directory));
  mkdirSync(parent, { recursive: true });
  return join(realpathSync(parent), basename(directory));
}

async function main(args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    options: { directory: { type: 'string', default: resolve(import.meta.dirname, '../../.peers/cluster') } },
    allowPositionals: true,
  });
  const [name = '', ...rest] = positionals;
  const command = Object.hasOwn(commands, name) && rest.length === 0 ? commands[name] : undefined;
  if (command === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  return command(canonical(values.directory));
}

try {
  process.exit(await main(process.argv.slice(2)));
} catch (error) {
  process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
