import { join } from 'node:path';

import { peerProgram } from '../../peers/support/binaries.ts';
import { programPath } from './requirements.ts';
import { POD_CIDR, SERVICE_CIDR } from './network.ts';

export const ETCD_URL = 'http://127.0.0.1:2379';

/** Their ports are fixed, because they have a network of their own. */
export const API_PORT = 6443;
export const KUBE_PROXY_HEALTH_PORT = 10256;
export const CONTAINERD_SOCKET = '/run/containerd/containerd.sock';

/** A program of the cluster. */
export interface Server {
  name: string;
  program: string;
  args: string[];
}

/** Where a cluster keeps its files. */
export interface Layout {
  directory: string;
  pki: string;
  logs: string;
}

export interface ServersOptions {
  layout: Layout;
  nodeName: string;
  nodeAddress: string;
}

function etcd({ layout }: ServersOptions): Server {
  return {
    name: 'etcd',
    program: peerProgram('etcd'),
    args: [
      ['--data-dir', join(layout.directory, 'etcd'), '--unsafe-no-fsync', '--log-level', 'warn'],
      ['--listen-client-urls', ETCD_URL, '--advertise-client-urls', ETCD_URL],
      ['--listen-peer-urls', 'http://127.0.0.1:2380'],
    ].flat(),
  };
}

function kubeApiserver({ layout: { pki }, nodeAddress }: ServersOptions): Server {
  return {
    name: 'kube-apiserver',
    program: peerProgram('kube-apiserver'),
    args: [
      `--etcd-servers=${ETCD_URL}`,
      `--bind-address=${nodeAddress}`,
      `--advertise-address=${nodeAddress}`,
      `--secure-port=${API_PORT}`,
      `--tls-cert-file=${join(pki, 'apiserver.crt')}`,
      `--tls-private-key-file=${join(pki, 'apiserver.key')}`,
      `--client-ca-file=${join(pki, 'ca.crt')}`,
      '--authorization-mode=Node,RBAC',
      '--enable-admission-plugins=NodeRestriction',
      '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
      `--service-account-key-file=${join(pki, 'sa.pub')}`,
      `--service-account-signing-key-file=${join(pki, 'sa.key')}`,
      `--service-cluster-ip-range=${SERVICE_CIDR}`,
      `--kubelet-client-certificate=${join(pki, 'admin.crt')}`,
      `--kubelet-client-key=${join(pki, 'admin.key')}`,
      `--kubelet-certificate-authority=${join(pki, 'ca.crt')}`,
      '--kubelet-preferred-address-types=InternalIP',
    ],
  };
}

function kubeControllerManager({ layout: { pki }, nodeAddress }: ServersOptions): Server {
  return {
    name: 'kube-controller-manager',
    program: peerProgram('kube-controller-manager'),
    args: [
      `--kubeconfig=${join(pki, 'controller-manager.kubeconfig')}`,
      `--bind-address=${nodeAddress}`,
      `--cert-dir=${join(pki, 'controller-manager')}`,
      '--leader-elect=false',
      '--use-service-account-credentials=true',
      `--service-account-private-key-file=${join(pki, 'sa.key')}`,
      `--root-ca-file=${join(pki, 'ca.crt')}`,
      '--enable-hostpath-provisioner=true',
    ],
  };
}

function kubeScheduler({ layout: { pki }, nodeAddress }: ServersOptions): Server {
  return {
    name: 'kube-scheduler',
    program: peerProgram('kube-scheduler'),
    args: [
      `--kubeconfig=${join(pki, 'scheduler.kubeconfig')}`,
      `--bind-address=${nodeAddress}`,
      `--cert-dir=${join(pki, 'scheduler')}`,
      '--leader-elect=false',
    ],
  };
}

function containerd({ layout }: ServersOptions): Server {
  const args = ['--config', join(layout.directory, 'containerd.toml')];
  return { name: 'containerd', program: programPath('containerd') ?? 'containerd', args };
}

function kubelet({ layout, nodeName, nodeAddress }: ServersOptions): Server {
  return {
    name: 'kubelet',
    program: peerProgram('kubelet'),
    args: [
      `--config=${join(layout.directory, 'kubelet.json')}`,
      `--kubeconfig=${join(layout.pki, 'kubelet.kubeconfig')}`,
      `--root-dir=${join(layout.directory, 'kubelet')}`,
      `--cert-dir=${join(layout.directory, 'kubelet-pki')}`,
      `--hostname-override=${nodeName}`,
      `--node-ip=${nodeAddress}`,
    ],
  };
}

/** The limits of connection tracking are the machine's, not the cluster's: they are left as they are. */
function kubeProxy({ layout, nodeName, nodeAddress }: ServersOptions): Server {
  return {
    name: 'kube-proxy',
    program: peerProgram('kube-proxy'),
    args: [
      `--kubeconfig=${join(layout.pki, 'kube-proxy.kubeconfig')}`,
      '--proxy-mode=iptables',
      `--cluster-cidr=${POD_CIDR}`,
      `--hostname-override=${nodeName}`,
      '--conntrack-max-per-core=0',
      '--conntrack-tcp-timeout-established=0s',
      '--conntrack-tcp-timeout-close-wait=0s',
      '--metrics-bind-address=127.0.0.1:10249',
      `--healthz-bind-address=${nodeAddress}:${KUBE_PROXY_HEALTH_PORT}`,
    ],
  };
}

/** The programs of a whole Kubernetes, in the order they start. Throws when one is not there. */
export function servers(options: ServersOptions) {
  return {
    etcd: etcd(options),
    apiserver: kubeApiserver(options),
    controllerManager: kubeControllerManager(options),
    scheduler: kubeScheduler(options),
    containerd: containerd(options),
    kubelet: kubelet(options),
    proxy: kubeProxy(options),
  } satisfies Record<string, Server>;
}
