import type { RequestOptions } from 'node:https';

import { expect, test } from '@jest/globals';
import { KubeConfig } from '@kubernetes/client-node';
import type { Cluster, User } from '@kubernetes/client-node';

import { certificateAccess, clientCertificate } from '../../../../../shared/kubernetes/client/certificate.ts';

const access = certificateAccess('https://127.0.0.1:6443', 'authority', { certPem: 'certificate', keyPem: 'key' });
const cluster = access.getCurrentCluster() as Cluster;
const user = access.getCurrentUser() as User;

test('a client certificate gives the TLS settings that client-node gives', async () => {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, user);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const { ca, cert, key } = options;
  expect(clientCertificate(cluster, user)).toEqual({ ca, cert, key });
});

test('a kubeconfig with data alone is read without client-node', () => {
  const config = new KubeConfig();
  config.loadFromClusterAndUser(cluster, user);
  expect(clientCertificate(config.getCurrentCluster() as Cluster, config.getCurrentUser() as User)).toBeDefined();
});

test.each<[string, Partial<Cluster>, Partial<User>]>([
  ['a proxy', { proxyUrl: 'http://proxy' }, {}],
  ['another name of the server', { tlsServerName: 'api' }, {}],
  ['no check of the certificate', { skipTLSVerify: true }, {}],
  ['no authority', { caData: undefined }, {}],
  ['no TLS', { server: 'http://127.0.0.1:8080' }, {}],
  ['a token beside the certificate', {}, { token: 'secret' }],
  ['an exec plugin', {}, { exec: { command: 'login' } }],
  ['a certificate in a file', {}, { certData: undefined, certFile: '/certificate.pem' }],
])('client-node reads a kubeconfig with %s', (_what, ofCluster, ofUser) => {
  expect(clientCertificate({ ...cluster, ...ofCluster }, { ...user, ...ofUser })).toBeUndefined();
});
