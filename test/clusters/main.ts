import { resolve } from 'node:path';

import { runPeer } from '../peers/support/command.ts';
import { bringUp, takeDown } from './whole/cluster.ts';
import { findEnclosure } from './whole/enclosure.ts';
import { kubeconfigOf } from './whole/start.ts';

const directory = resolve(import.meta.dirname, '../../.peers/cluster');

const usage = `Usage: npm run cluster -- up|down|status

  up      brings a whole Kubernetes up on this machine: API server, controllers, kubelet, containerd (root; programs by \`npm run peers\`)
  down    ends it and removes what it made
  status  says whether it is up, and what runs in it
`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function up(): Promise<number> {
  const startedAt = Date.now();
  const { nodeAddress } = await bringUp(directory, say);
  say(`up after ${Math.round((Date.now() - startedAt) / 1000)} s; NodePorts are on ${nodeAddress}`);
  say(`export KUBECONFIG=${kubeconfigOf(directory)}`);
  return 0;
}

async function down(): Promise<number> {
  await takeDown(directory);
  say('down');
  return 0;
}

/** 3 as an init script says "not running". */
async function status(): Promise<number> {
  if ((await findEnclosure(directory)) === undefined) {
    say('down');
    return 3;
  }
  say(`export KUBECONFIG=${kubeconfigOf(directory)}`);
  const kubeconfig = `--kubeconfig=${kubeconfigOf(directory)}`;
  say(await runPeer('kubectl', [kubeconfig, '--request-timeout=5s', 'get', 'nodes,pods', '--all-namespaces']));
  return 0;
}

const commands: Record<string, () => Promise<number>> = { up, down, status };

const [name = '', ...rest] = process.argv.slice(2);
const command = Object.hasOwn(commands, name) && rest.length === 0 ? commands[name] : undefined;
if (command === undefined) {
  process.stderr.write(usage);
  process.exit(2);
}
try {
  process.exit(await command());
} catch (error) {
  process.stderr.write(`cluster: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
