import os from 'node:os';

import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isAlreadyExists } from '../../shared/kubernetes/errors.ts';
import { MERGE_PATCH, NODES, resourcePath } from '../../shared/kubernetes/resources.ts';
import { NODE_IP } from './container/field-ref.ts';
import { kubeTime } from './types.ts';

const MAX_PODS = 110;

function nodeStatus(nodeName: string, now: Date): object {
  const time = kubeTime(now);
  const capacity = {
    cpu: String(os.availableParallelism()),
    memory: `${Math.floor(os.totalmem() / 1024)}Ki`,
    pods: String(MAX_PODS),
  };
  return {
    capacity,
    allocatable: capacity,
    conditions: [
      {
        type: 'Ready',
        status: 'True',
        reason: 'KubeletReady',
        message: 'the embedded node is posting ready status',
        lastHeartbeatTime: time,
        lastTransitionTime: time,
      },
    ],
    addresses: [
      { type: 'InternalIP', address: NODE_IP },
      { type: 'Hostname', address: nodeName },
    ],
    nodeInfo: {
      architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      operatingSystem: 'linux',
      kernelVersion: os.release(),
      osImage: os.version(),
      containerRuntimeVersion: 'tektrace://embedded',
      kubeletVersion: 'tektrace',
      bootID: '',
      machineID: '',
      systemUUID: '',
      kubeProxyVersion: '',
    },
  };
}

/** Creates the Node object, or adopts the one of this name, and marks it Ready. */
export async function registerNode(client: KubeClient, nodeName: string, now: Date): Promise<void> {
  const labels = { 'kubernetes.io/hostname': nodeName, 'kubernetes.io/os': 'linux' };
  const body = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name: nodeName, labels },
    spec: {},
    status: nodeStatus(nodeName, now),
  };
  try {
    await client.request('POST', resourcePath(NODES), { body });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  await client.request('PATCH', resourcePath(NODES, { name: nodeName, subresource: 'status' }), {
    body: { status: body.status },
    contentType: MERGE_PATCH,
  });
}
