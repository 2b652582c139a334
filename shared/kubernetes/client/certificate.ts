import type { Cluster, User } from '@kubernetes/client-node';

/** A cluster and a user of it: the part of a KubeConfig that a client needs. */
export interface ClusterAccess {
  getCurrentCluster(): Cluster | null;
  getCurrentUser(): User | null;
}

/** A client certificate in PEM. */
export interface CertificatePair {
  certPem: string;
  keyPem: string;
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const isSet = (value: unknown): boolean => value !== undefined && value !== null && value !== false;

/** Access by a client certificate. `server` is an https URL, `caPem` the authority of its certificate. */
export function certificateAccess(server: string, caPem: string, { certPem, keyPem }: CertificatePair): ClusterAccess {
  const cluster = { name: 'cluster', server, caData: base64(caPem), skipTLSVerify: false };
  const user = { name: 'user', certData: base64(certPem), keyData: base64(keyPem) };
  return { getCurrentCluster: () => cluster, getCurrentUser: () => user };
}

/**
 * The TLS settings of a kubeconfig that has the server's authority, a client certificate and nothing else, all as data. Undefined for
 * any other: client-node reads those.
 */
export function clientCertificate(cluster: Cluster, user: User): { ca: Buffer; cert: Buffer; key: Buffer } | undefined {
  const { name: _cluster, server, caData, ...ofCluster } = cluster;
  const { name: _user, certData, keyData, ...ofUser } = user;
  if (Object.values(ofCluster).some(isSet) || Object.values(ofUser).some(isSet)) return undefined;
  if (!server.startsWith('https:') || !caData || !certData || !keyData) return undefined;
  const [ca, cert, key] = [caData, certData, keyData].map((data) => Buffer.from(data, 'base64'));
  return ca && cert && key && { ca, cert, key };
}
