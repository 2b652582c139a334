import type { V1Container, V1PodSecurityContext, V1SecurityContext } from '@kubernetes/client-node';

import type { Rights } from '../isolation/rights.ts';
import type { IsolationKind } from '../isolation/kind.ts';
import { describePod } from '../types.ts';
import type { Pod } from '../types.ts';

/** The default capabilities of container runtimes, without `mknod`: with it a container could read this machine's disks. */
const DEFAULT_CAPABILITIES = [
  'chown',
  'dac_override',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'net_bind_service',
  'net_raw',
  'sys_chroot',
  'audit_write',
  'setfcap',
];

/** With one of these, root in a container can reach this machine's files, as in a privileged container. */
const PRIVILEGED_CAPABILITIES = [
  'bpf',
  'dac_read_search',
  'mknod',
  'perfmon',
  'sys_admin',
  'sys_boot',
  'sys_module',
  'sys_ptrace',
  'sys_rawio',
];

/** User, groups and capabilities of a container's processes. */
export interface Credentials {
  uid: number;
  gid: number;
  groups: number[];
  noNewPrivileges: boolean;
  /** Names without `cap_`, in lower case. */
  capabilities: string[];
  /** Whether the spec changes the default capabilities. */
  capabilitiesChanged: boolean;
}

export interface NodeIdentity {
  isolation: IsolationKind;
  uid: number;
  gid: number;
  /** The node's rights, found by trying. */
  rights: Rights;
}

function refuse(message: string): never {
  throw new Error(message);
}

function chooseUser(pod: Pod, container: V1Container, node: NodeIdentity): number {
  const context: V1PodSecurityContext & V1SecurityContext = {
    ...pod.spec.securityContext,
    ...container.securityContext,
  };
  const asked = context.runAsUser;
  const mayBeRoot = node.uid === 0 || node.isolation === 'namespaces';
  const where = `(pod: "${describePod(pod)}", container: ${container.name})`;
  if (context.runAsNonRoot && asked === 0) refuse(`container's runAsUser breaks non-root policy ${where}`);
  if (context.runAsNonRoot && asked === undefined && node.uid === 0)
    refuse(`container has runAsNonRoot and image will run as root ${where}`);
  const chosen = asked ?? (context.runAsNonRoot || !mayBeRoot ? node.uid : 0);
  if (!node.rights.switchUsers && chosen !== node.uid && !(chosen === 0 && mayBeRoot)) {
    refuse(`runAsUser ${chosen}: this node runs as user ${node.uid} and may not switch to another ${where}`);
  }
  return chosen;
}

function chooseGroup(pod: Pod, container: V1Container, node: NodeIdentity, uid: number): number {
  const asked = container.securityContext?.runAsGroup ?? pod.spec.securityContext?.runAsGroup;
  const own = uid === node.uid ? node.gid : 0;
  if (node.rights.switchUsers || asked === undefined || asked === own) return asked ?? (uid === node.uid ? own : 0);
  return refuse(
    `runAsGroup ${asked}: this node runs as group ${node.gid} and may not switch to another (container: ${container.name})`,
  );
}

function chooseGroups(pod: Pod, container: V1Container, node: NodeIdentity): number[] {
  const { fsGroup, supplementalGroups = [] } = pod.spec.securityContext ?? {};
  const asked = [...new Set([...(fsGroup === undefined ? [] : [fsGroup]), ...supplementalGroups])];
  if (node.rights.switchUsers) return asked;
  const foreign = asked.filter((gid) => gid !== node.gid);
  if (foreign.length > 0)
    refuse(
      `group ${foreign.join(', ')} (fsGroup, supplementalGroups): this node runs as user ${node.uid} and may not take it (container: ${container.name})`,
    );
  return []; // It has its own group anyway.
}

function chooseCapabilities(container: V1Container, node: NodeIdentity): string[] {
  const { add = [], drop = [] } = container.securityContext?.capabilities ?? {};
  const plain = (names: string[]): string[] => names.map((name) => name.toLowerCase().replace(/^cap_/, ''));
  if (add.length > 0 && node.uid !== 0 && node.isolation === 'plain')
    refuse(`capabilities ${add.join(', ')}: this node has none to give (container: ${container.name})`);
  if (add.length + drop.length > 0 && node.uid === 0 && !node.rights.limitCapabilities)
    refuse(`capabilities: this node may not change those of its processes (container: ${container.name})`);
  const privileged = plain(add).filter(
    (name) => name === 'all' || (node.uid === 0 && PRIVILEGED_CAPABILITIES.includes(name)),
  );
  if (privileged.length > 0) {
    const names = privileged.map((name) => name.toUpperCase()).join(', ');
    refuse(`capability ${names}: this node runs no privileged containers (container: ${container.name})`);
  }
  const dropped = plain(drop);
  const kept = dropped.includes('all') ? [] : DEFAULT_CAPABILITIES.filter((name) => !dropped.includes(name));
  return [...new Set([...kept, ...plain(add)])];
}

/**
 * The container's credentials. Throws the reason for what this node may not do (switch to another user, privileged). seccomp, AppArmor,
 * SELinux and resource limits are not enforced by this node.
 */
export function chooseCredentials(pod: Pod, container: V1Container, node: NodeIdentity): Credentials {
  const context = container.securityContext ?? {};
  if (context.privileged) refuse(`privileged containers are not supported by this node (container: ${container.name})`);
  const uid = chooseUser(pod, container, node);
  return {
    uid,
    gid: chooseGroup(pod, container, node, uid),
    groups: chooseGroups(pod, container, node),
    noNewPrivileges: context.allowPrivilegeEscalation === false,
    capabilities: chooseCapabilities(container, node),
    capabilitiesChanged: context.capabilities !== undefined,
  };
}
