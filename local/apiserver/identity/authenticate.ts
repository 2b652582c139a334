import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import { StatusError } from '../status.ts';
import type { Tokens } from './tokens.ts';
import type { UserInfo } from './user.ts';

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : Array.isArray(value) ? value : [value];
}

/** A client certificate names its user in CN and the groups in O. */
function certificateUser(socket: TLSSocket): UserInfo | undefined {
  if (!socket.authorized) return undefined;
  const certificate = socket.getPeerCertificate();
  const [username] = list(certificate.subject?.CN);
  if (username === undefined || username === '') return undefined;
  const fingerprint = certificate.fingerprint256.replaceAll(':', '').toLowerCase();
  return {
    username,
    groups: [...list(certificate.subject.O), 'system:authenticated'],
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  };
}

/** The user of a request, by client certificate or bearer token; throws 401 if there is none. */
export function authenticate(request: IncomingMessage, tokens: Tokens): UserInfo {
  const bearer = /^Bearer\s+(\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const byToken = bearer === undefined ? undefined : tokens.userOf(bearer);
  const user =
    byToken ??
    (bearer === undefined && request.socket instanceof TLSSocket ? certificateUser(request.socket) : undefined);
  if (user === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
  return user;
}
