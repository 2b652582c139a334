import { mkdir, statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

import { cgroupName } from './cgroups.ts';
import { PAUSE_IMAGE } from './images/catalog.ts';
import { POD_CIDR } from './network.ts';
import { CNI_PROGRAMS } from './requirements.ts';
import { CONTAINERD_SOCKET } from './servers.ts';
import type { Layout } from './servers.ts';

const OVERLAYFS_MAGIC = 0x794c7630;

/** TOML takes JSON's strings. */
const quoted = (text: string): string => JSON.stringify(text);

/** An overlay can't have its upper folder on another one, as in a container. */
async function snapshotter(directory: string): Promise<string> {
  return (await statfs(directory)).type === OVERLAYFS_MAGIC ? 'native' : 'overlayfs';
}

/**
 * Without restrict_oom_score_adj no sandbox starts where this process may not lower its own score ("can't get final child's PID from
 * pipe: EOF"); the hugetlb controller is missing on many machines.
 */
async function containerdConfig({ directory }: Layout): Promise<string> {
  const cri = 'plugins."io.containerd.grpc.v1.cri"';
  return `version = 2
root = ${quoted(join(directory, 'containerd'))}
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.internal.v1.opt"]
[grpc]
  address = ${quoted(CONTAINERD_SOCKET)}
[${cri}]
  disable_apparmor = true
  restrict_oom_score_adj = true
  tolerate_missing_hugetlb_controller = true
  disable_hugetlb_controller = true
  netns_mounts_under_state_dir = true
  sandbox_image = ${quoted(PAUSE_IMAGE)}
[${cri}.containerd]
  snapshotter = ${quoted(await snapshotter(directory))}
  default_runtime_name = "runc"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  SystemdCgroup = false
[${cri}.cni]
  bin_dir = ${quoted(CNI_PROGRAMS)}
  conf_dir = ${quoted(join(directory, 'cni'))}
`;
}

/** Point to point, not a bridge: what goes from Pod to Pod is routed, so that Services need no module br_netfilter. */
function cniConfig({ directory }: Layout): object {
  const ipam = {
    type: 'host-local',
    dataDir: join(directory, 'cni-addresses'),
    ranges: [[{ subnet: POD_CIDR }]],
    routes: [{ dst: '0.0.0.0/0' }],
  };
  return {
    cniVersion: '0.4.0',
    name: 'pods',
    plugins: [
      { type: 'ptp', ipMasq: true, ipam },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  };
}

/** failCgroupV1 is off because Kubernetes 1.36 otherwise refuses machines whose cgroups are of version 1. */
function kubeletConfig({ directory, pki }: Layout): object {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    failCgroupV1: false,
    cgroupDriver: 'cgroupfs',
    cgroupRoot: `/${cgroupName(directory)}`,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    makeIPTablesUtilChains: false,
    oomScoreAdj: 0,
    containerRuntimeEndpoint: `unix://${CONTAINERD_SOCKET}`,
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: join(pki, 'ca.crt') },
    },
    authorization: { mode: 'Webhook' },
    tlsCertFile: join(pki, 'kubelet-server.crt'),
    tlsPrivateKeyFile: join(pki, 'kubelet-server.key'),
    resolvConf: join(directory, 'resolv.conf'),
    podLogsDir: join(directory, 'pod-logs'),
    evictionHard: { 'memory.available': '50Mi', 'nodefs.available': '1%', 'imagefs.available': '1%' },
    imageGCHighThresholdPercent: 100,
    maxPods: 100,
    nodeStatusUpdateFrequency: '5s',
    // What an annotation changes in a volume comes with the next look at the Pod, by default within a minute: an entrypoint of Tekton's waits for that.
    syncFrequency: '5s',
  };
}

/** Writes what containerd, CNI and the kubelet read. */
export async function writeNodeConfig(layout: Layout): Promise<void> {
  const { directory } = layout;
  await mkdir(join(directory, 'cni'));
  await writeFile(join(directory, 'containerd.toml'), await containerdConfig(layout));
  await writeFile(join(directory, 'cni', '10-pods.conflist'), JSON.stringify(cniConfig(layout)));
  await writeFile(join(directory, 'kubelet.json'), JSON.stringify(kubeletConfig(layout)));
  // No names are resolved in this cluster.
  await writeFile(join(directory, 'resolv.conf'), 'options attempts:1 timeout:1\n');
}
