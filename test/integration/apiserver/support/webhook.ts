import { createServer } from 'node:https';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAuthority, issueCertificate } from '../../../../certs/authority.ts';
import type { Json } from './client.ts';

export interface Call {
  url: string;
  headers: IncomingHttpHeaders;
  review: Json;
}

export type Answering = (request: Json) => { status?: number; response?: object; hang?: boolean };

export interface TestWebhook {
  calls: Call[];
  /** What it answers from now on. */
  answerWith(answering: Answering): void;
  port: number;
  /** A MutatingWebhookConfiguration that sends Widgets here. */
  configuration(more?: object): object;
  close(): Promise<void>;
}

export function patchResponse(operations: object[]): object {
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') };
}

const HOUR_MS = 3_600_000;

export async function startWebhook(): Promise<TestWebhook> {
  const authority = await createAuthority({ commonName: 'test-webhook-ca', lifetimeMs: HOUR_MS });
  const leaf = await issueCertificate(authority, {
    commonName: 'webhook',
    ipAddresses: ['127.0.0.1'],
    dnsNames: ['hooks.default.svc'],
    usage: 'server',
    lifetimeMs: HOUR_MS,
  });
  const calls: Call[] = [];
  let answering: Answering = () => ({});
  const server = createServer({ key: leaf.keyPem, cert: leaf.certPem }, (request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const review: Json = JSON.parse(text);
      calls.push({ url: request.url ?? '', headers: request.headers, review });
      const { status = 200, response: given = { allowed: true }, hang = false } = answering(review.request);
      if (hang) return;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({
          apiVersion: 'admission.k8s.io/v1',
          kind: 'AdmissionReview',
          response: { uid: review.request.uid, ...given },
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    calls,
    port,
    answerWith: (next) => {
      answering = next;
      calls.length = 0;
    },
    configuration: (more = {}) => ({
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'MutatingWebhookConfiguration',
      metadata: { name: 'widgets' },
      webhooks: [
        {
          name: 'widgets.example.dev',
          clientConfig: {
            url: `https://127.0.0.1:${port}/mutate`,
            caBundle: Buffer.from(authority.certPem).toString('base64'),
          },
          rules: [{ apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] }],
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
          failurePolicy: 'Ignore',
          timeoutSeconds: 30,
          ...more,
        },
      ],
    }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
