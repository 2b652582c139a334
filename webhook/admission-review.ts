import type { KubeObject } from '../shared/kubernetes/types.ts';
import type { JsonPatch } from './json-patch.ts';

/** The fields of an AdmissionReview request (admission.k8s.io/v1) that the webhook reads. */
export interface AdmissionRequest {
  uid: string;
  kind: { group: string; version: string; kind: string };
  operation: string;
  namespace: string;
  username: string;
  object: KubeObject;
}

export interface AdmissionAnswer {
  apiVersion: string;
  kind: 'AdmissionReview';
  response: { uid: string; allowed: true; patchType?: 'JSONPatch'; patch?: string };
}

/** Thrown if a request body is not an AdmissionReview, so that no review can be answered. */
export class NotAReviewError extends Error {
  override readonly name = 'NotAReviewError';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The review's uid and apiVersion, which every response repeats. Throws NotAReviewError. */
export function reviewIdentity(body: unknown): { uid: string; apiVersion: string } {
  if (
    !isObject(body) ||
    body.kind !== 'AdmissionReview' ||
    !isObject(body.request) ||
    typeof body.request.uid !== 'string'
  ) {
    throw new NotAReviewError('the body is not an admission.k8s.io AdmissionReview with request.uid');
  }
  return {
    uid: body.request.uid,
    apiVersion: typeof body.apiVersion === 'string' ? body.apiVersion : 'admission.k8s.io/v1',
  };
}

/** The request of a review; undefined if it has no object that could get annotations. */
export function reviewRequest(body: unknown): AdmissionRequest | undefined {
  const request = isObject(body) && isObject(body.request) ? body.request : {};
  const { object, kind, userInfo } = request;
  if (!isObject(object) || !isObject(object.metadata) || !isObject(kind)) return undefined;
  const { annotations } = object.metadata;
  if (annotations !== undefined && annotations !== null && !isObject(annotations)) return undefined;
  return {
    uid: String(request.uid),
    kind: { group: String(kind.group), version: String(kind.version), kind: String(kind.kind) },
    operation: String(request.operation),
    namespace: typeof request.namespace === 'string' ? request.namespace : '',
    username: isObject(userInfo) ? String(userInfo.username) : '',
    // A review names its kind for sure; carriers go by it.
    object: { ...object, kind: String(kind.kind) } as unknown as KubeObject,
  };
}

/** The response. It always allows the object: tracing never refuses one. */
export function answer(identity: { uid: string; apiVersion: string }, patch: JsonPatch): AdmissionAnswer {
  const base = { uid: identity.uid, allowed: true as const };
  const response =
    patch.length === 0
      ? base
      : { ...base, patchType: 'JSONPatch' as const, patch: Buffer.from(JSON.stringify(patch)).toString('base64') };
  return { apiVersion: identity.apiVersion, kind: 'AdmissionReview', response };
}
