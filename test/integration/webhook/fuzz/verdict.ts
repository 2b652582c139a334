import fastJsonPatch from 'fast-json-patch';
import type { Operation } from 'fast-json-patch';

import type { FuzzCase } from './cases.ts';

export interface FuzzAnswer {
  /** Undefined: the connection broke before there was one. */
  status: number | undefined;
  text: string;
}

interface Review {
  kind: unknown;
  request: { uid: unknown; object: unknown };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isReview = (value: unknown): value is Review => {
  const { kind, request } = (value ?? {}) as Partial<Review>;
  return (
    kind === 'AdmissionReview' && typeof request === 'object' && request !== null && typeof request.uid === 'string'
  );
};

/** What a patch may touch. */
const ALLOWED =
  /^\/metadata\/annotations(\/|$)|^\/spec\/containers\/\d+\/env(\/-)?$|^\/metadata\/managedFields\/\d+\/fieldsV1\/f:metadata\/f:annotations\//;

function faultOfPatch(patch: string, object: unknown): string | undefined {
  const operations = parsed(Buffer.from(patch, 'base64').toString()) as Operation[];
  const elsewhere = operations.find(({ op, path }) => !['add', 'remove'].includes(op) || !ALLOWED.test(path));
  if (elsewhere) return `the patch has ${JSON.stringify(elsewhere)}`;
  try {
    fastJsonPatch.applyPatch(structuredClone(object), operations, true, true, false);
    return undefined;
  } catch (error) {
    return `the patch does not apply: ${(error as Error).message}`;
  }
}

const isOdd = (what: string): boolean => what === 'encoded' || what === 'more than 7 MB';

/** What is wrong with an answer of status 200 to what was `sent`. */
function faultOfAnswer(what: string, sent: unknown, text: string): string | undefined {
  const answer = parsed(text) as
    { response?: { uid?: unknown; allowed?: unknown; patch?: string; patchType?: string } } | undefined;
  const { uid, allowed, patch, patchType } = answer?.response ?? {};
  if (allowed !== true) return `it does not allow: ${text}`;
  if (patch === undefined) return undefined;
  if (patchType !== 'JSONPatch') return `a patch of type ${patchType}`;
  // A body in another encoding is another text here.
  if (!isReview(sent)) return isOdd(what) || what === 'broken text' ? undefined : 'a patch for what is no review';
  if (uid !== sent.request.uid) return `the uid is ${String(uid)}`;
  return faultOfPatch(patch, sent.request.object);
}

/** What is wrong with an answer; undefined: nothing. A review is answered with 200; what is none may be refused with a status below 500. */
export function faultOf({ what, path, method, body }: FuzzCase, { status, text }: FuzzAnswer): string | undefined {
  const sent = parsed(body.toString());
  if (status === undefined) return what === 'more than 7 MB' || what === 'stalled' ? undefined : 'there is no answer';
  if (status >= 500) return `HTTP ${status}: ${text}`;
  const mustAllow = isReview(sent) && method === 'POST' && /^\/mutate\/(pipelinerun|taskrun|pod)$/.test(path);
  if (status !== 200) return mustAllow && !isOdd(what) ? `a review is refused with HTTP ${status}: ${text}` : undefined;
  return path === '/readyz' ? undefined : faultOfAnswer(what, sent, text);
}
