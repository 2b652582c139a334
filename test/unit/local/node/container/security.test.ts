import { describe, expect, test } from '@jest/globals';

import { chooseCredentials } from '../../../../../local/node/container/security.ts';
import type { NodeIdentity } from '../../../../../local/node/container/security.ts';
import type { Pod } from '../../../../../local/node/types.ts';

const none = { switchUsers: false, limitCapabilities: false };
const all = { switchUsers: true, limitCapabilities: true };
const root: NodeIdentity = { isolation: 'plain', uid: 0, gid: 0, rights: all };
/** Root of a user namespace that has no other user. */
const alone: NodeIdentity = { ...root, rights: none };
const user: NodeIdentity = { isolation: 'plain', uid: 1000, gid: 1000, rights: none };
const mapped: NodeIdentity = { ...user, isolation: 'namespaces' };

function choose(node: NodeIdentity, container: object, podContext: object = {}): ReturnType<typeof chooseCredentials> {
  const pod: Pod = {
    metadata: { name: 'p', namespace: 'n', uid: 'u' },
    spec: { containers: [], securityContext: podContext },
  };
  return chooseCredentials(pod, { name: 'c', securityContext: container }, node);
}

describe('whom a container runs as', () => {
  test.each<[string, NodeIdentity, object, object, number]>([
    ['root is root by default', root, {}, {}, 0],
    ['root switches to any user', root, { runAsUser: 65532 }, {}, 65532],
    ["the container's user wins over the Pod's", root, { runAsUser: 2 }, { runAsUser: 1 }, 2],
    ['an ordinary user is itself', user, {}, {}, 1000],
    ['root that may not switch is itself', alone, { runAsUser: 0, runAsGroup: 0 }, { fsGroup: 0 }, 0],
    ['in a user namespace it is root', mapped, {}, {}, 0],
    ['unless the Pod must not be root', mapped, { runAsNonRoot: true }, {}, 1000],
  ])('%s', (_, node, container, pod, uid) => {
    expect(choose(node, container, pod).uid).toBe(uid);
  });

  test.each<[NodeIdentity, object, object, string]>([
    [user, { runAsUser: 0 }, {}, 'runAsUser 0: this node runs as user 1000 and may not switch'],
    [alone, { runAsUser: 5 }, {}, 'runAsUser 5: this node runs as user 0 and may not switch to another'],
    [alone, { runAsGroup: 5 }, {}, 'runAsGroup 5: this node runs as group 0 and may not switch to another'],
    [alone, {}, { fsGroup: 5 }, 'group 5 (fsGroup, supplementalGroups): this node runs as user 0 and may not take it'],
    [alone, { capabilities: { drop: ['ALL'] } }, {}, 'capabilities: this node may not change those of its processes'],
    [mapped, { runAsUser: 5 }, {}, 'runAsUser 5: this node runs as user 1000'],
    [
      root,
      { runAsNonRoot: true },
      {},
      'container has runAsNonRoot and image will run as root (pod: "p_n(u)", container: c)',
    ],
    [root, { runAsNonRoot: true, runAsUser: 0 }, {}, "container's runAsUser breaks non-root policy"],
    [user, { runAsGroup: 5 }, {}, 'runAsGroup 5'],
    [user, {}, { fsGroup: 5 }, 'group 5 (fsGroup, supplementalGroups)'],
    [root, { privileged: true }, {}, 'privileged containers are not supported'],
    [root, { capabilities: { add: ['ALL'] } }, {}, 'capability ALL'],
    [root, { capabilities: { add: ['CHOWN', 'CAP_SYS_ADMIN', 'MKNOD'] } }, {}, 'capability SYS_ADMIN, MKNOD'],
    [user, { capabilities: { add: ['NET_ADMIN'] } }, {}, 'capabilities NET_ADMIN: this node has none to give'],
  ])('%j refuses %j %j', (node, container, pod, message) => {
    expect(() => choose(node, container, pod)).toThrow(message);
  });

  test('capabilities start from a runtime default', () => {
    expect(choose(root, {}).capabilities).toContain('chown');
    for (const name of ['sys_admin', 'mknod']) expect(choose(root, {}).capabilities).not.toContain(name);
    expect(choose(root, { capabilities: { drop: ['ALL'], add: ['CAP_NET_ADMIN'] } }).capabilities).toEqual([
      'net_admin',
    ]);
  });
});
