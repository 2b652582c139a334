import { createServer as createHttpServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';

import { createAuthority, issueCertificate } from '../../../../certs/authority.ts';
import type { Authority } from '../../../../certs/authority.ts';
import type { Json } from '../../../integration/apiserver/support/client.ts';
import { freePorts } from '../ports.ts';

/** What a webhook does with a call; without anything it allows. */
export interface HookAnswer {
  /** Fields of `response` beside its uid. */
  response?: object;
  /** Fields of the AdmissionReview that differ. */
  review?: object;
  /** The whole body, in place of an AdmissionReview. */
  body?: string;
  status?: number;
  headers?: Record<string, string>;
  /** Never answers. */
  hang?: boolean;
  /** Closes the connection: before an answer, or in the middle of one. */
  cut?: 'at once' | 'in the answer';
}

/** `round` counts the calls of this webhook from 0. */
export type Hook = (request: Json, round: number) => HookAnswer;

/** Where a webhook listens, and what is wrong with it there. */
export type Place = 'trusted' | 'untrusted' | 'expired' | 'other name' | 'plain HTTP' | 'nobody';

export interface HookCall {
  path: string;
  query: string;
  headers: IncomingMessage['headers'];
  request: Json;
}

export interface Hooks {
  calls: HookCall[];
  /** By path: what a call of it gets. */
  behaviours: Map<string, Hook>;
  clientConfig(place: Place, path: string): { url: string; caBundle: string };
  close(): Promise<void>;
}

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

export function patchAnswer(operations: unknown, more: object = {}): HookAnswer {
  const patch = Buffer.from(JSON.stringify(operations)).toString('base64');
  return { response: { allowed: true, patchType: 'JSONPatch', patch, ...more } };
}

function send(response: ServerResponse, uid: string, answer: HookAnswer): void {
  if (answer.hang === true) return;
  if (answer.cut === 'at once') return void response.destroy();
  const review = {
    apiVersion: 'admission.k8s.io/v1',
    kind: 'AdmissionReview',
    response: { uid, ...(answer.response ?? { allowed: true }) },
    ...answer.review,
  };
  const body = answer.body ?? JSON.stringify(review);
  response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
  if (answer.cut === 'in the answer') {
    response.write(body.slice(0, 10), () => response.destroy());
    return;
  }
  response.end(body);
}

async function listen(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Webhooks on loopback: one trusted server, and one for each way in which a server can't be trusted. */
export async function startHooks(): Promise<Hooks> {
  const authority = await createAuthority({ commonName: 'hooks-ca', lifetimeMs: YEAR_MS }, Date.now() - YEAR_MS / 2);
  const stranger = await createAuthority({ commonName: 'stranger-ca', lifetimeMs: HOUR_MS });
  const calls: HookCall[] = [];
  const behaviours = new Map<string, Hook>();
  const rounds = new Map<string, number>();
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const [path = '', query = ''] = (request.url ?? '').split('?');
      const review = JSON.parse(text);
      calls.push({ path, query, headers: request.headers, request: review.request });
      const round = rounds.get(path) ?? 0;
      rounds.set(path, round + 1);
      send(response, review.request.uid, behaviours.get(path)?.(review.request, round) ?? {});
    });
  };
  const secure = async (signer: Authority, ipAddress: string, issuedAt: number): Promise<Server> => {
    const usage = { commonName: 'hooks', ipAddresses: [ipAddress], usage: 'server' as const, lifetimeMs: HOUR_MS };
    const { keyPem, certPem } = await issueCertificate(signer, usage, issuedAt);
    return createServer({ key: keyPem, cert: certPem }, serve);
  };
  const servers = {
    trusted: await secure(authority, '127.0.0.1', Date.now()),
    untrusted: await secure(stranger, '127.0.0.1', Date.now()),
    expired: await secure(authority, '127.0.0.1', Date.now() - 24 * HOUR_MS),
    'other name': await secure(authority, '127.0.0.2', Date.now()),
    'plain HTTP': createHttpServer(serve),
  };
  const [nobody = 0] = await freePorts(1);
  const ports = new Map<Place, number>([['nobody', nobody]]);
  for (const [place, server] of Object.entries(servers)) ports.set(place as Place, await listen(server));
  return {
    calls,
    behaviours,
    clientConfig: (place, path) => ({
      url: `https://127.0.0.1:${ports.get(place) ?? 0}${path}`,
      caBundle: Buffer.from(authority.certPem).toString('base64'),
    }),
    async close() {
      for (const server of Object.values(servers)) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}
