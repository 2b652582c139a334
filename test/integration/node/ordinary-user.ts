import type { IsolationKind } from '../../../local/node/isolation/kind.ts';
import { startCluster } from './cluster.ts';

/** Run by close.test.ts, as another user where it may: one Pod that says who it is, one that asks for a user that the node may not become. */
const cluster = await startCluster({ isolation: process.argv[2] as IsolationKind });
const container = { name: 'main', image: 'x', command: ['id'] };
const pod = await cluster.createPod({ containers: [container] });
await cluster.ended(pod.metadata.name ?? '');
const other = await cluster.createPod({ containers: [{ ...container, securityContext: { runAsUser: 4242 } }] });
const refused = await cluster.podWhen(
  other.metadata.name ?? '',
  ({ status }) =>
    status?.containerStatuses?.[0]?.state.waiting?.message !== undefined ||
    status?.containerStatuses?.[0]?.state.terminated !== undefined,
);
const id = await cluster.log(pod.metadata.name ?? '', 'main');
await cluster.close();
const message = refused.status?.containerStatuses?.[0]?.state.waiting?.message ?? 'ran';
process.stdout.write(JSON.stringify({ isolation: cluster.node.isolation, id, refused: message }));
