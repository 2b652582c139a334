import { randomUUID } from 'node:crypto';
import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { WriteRequest } from '../registry/api.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

export interface AdmissionAttributes {
  operation: Operation;
  type: ResourceType;
  /** Absent for DELETE. */
  object: KubeObject | undefined;
  /** Absent for CREATE. */
  old: KubeObject | undefined;
  subresource: string | undefined;
  name: string | undefined;
  namespace: string | undefined;
  request: WriteRequest;
}

const optionKinds: Record<Operation, string> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

function optionsOf({ operation, request }: AdmissionAttributes): JsonObject {
  return { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1', ...request.givenOptions };
}

function kindOf(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, kind: type.kind };
}

function resourceOf(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, resource: type.resource };
}

function inVersion(object: KubeObject | undefined, type: ResourceType): KubeObject | null {
  return object === undefined ? null : { ...object, apiVersion: apiVersionOf(type) };
}

export interface Review {
  uid: string;
  body: JsonObject;
}

/** The AdmissionReview (v1) for one webhook, which sees the object in the version `seen`. Each call has a uid of its own. */
export function admissionReview(
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  seen: ResourceType,
): Review {
  const { type, operation, subresource, name, namespace, request } = attributes;
  const uid = randomUUID();
  const body = {
    kind: 'AdmissionReview',
    apiVersion: 'admission.k8s.io/v1',
    request: {
      uid,
      kind: kindOf(seen),
      resource: resourceOf(seen),
      ...(subresource === undefined ? {} : { subResource: subresource }),
      requestKind: kindOf(type),
      requestResource: resourceOf(type),
      ...(subresource === undefined ? {} : { requestSubResource: subresource }),
      ...(name === undefined || name === '' ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      operation,
      userInfo: request.user,
      object: inVersion(object, seen),
      oldObject: inVersion(attributes.old, seen),
      dryRun: request.dryRun,
      options: optionsOf(attributes),
    },
  };
  return { uid, body };
}

export interface ReviewAnswer {
  allowed: boolean;
  patch: unknown[] | undefined;
  warnings: string[];
  status: JsonObject;
}

function decodePatch(response: JsonObject): unknown[] | undefined {
  const { patch, patchType } = response;
  if (patch === undefined || patch === null || patch === '') {
    if (patchType !== undefined && patchType !== null)
      throw new Error('webhook returned response.patchType but not response.patch');
    return undefined;
  }
  if (patchType === undefined || patchType === null)
    throw new Error('webhook returned response.patch but not response.patchType');
  if (patchType !== 'JSONPatch')
    throw new Error(`webhook returned invalid response.patchType of ${JSON.stringify(patchType)}`);
  if (typeof patch !== 'string') throw new Error('webhook returned a response.patch that is not base64 text');
  const parsed: unknown = JSON.parse(Buffer.from(patch, 'base64').toString('utf8'));
  if (!Array.isArray(parsed)) throw new Error('webhook returned a response.patch that is not a list of operations');
  return parsed as unknown[];
}

/** Reads a webhook's answer; throws an Error that says what is wrong with it (which counts as a failed call). */
export function readReview(answer: unknown, uid: string): ReviewAnswer {
  try {
    return checkedReview(answer, uid);
  } catch (error: unknown) {
    throw new Error(`received invalid webhook response: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}

function checkedReview(answer: unknown, uid: string): ReviewAnswer {
  if (!isObject(answer) || !isObject(answer['response'])) throw new Error('webhook response was absent');
  if (answer['kind'] !== 'AdmissionReview' || answer['apiVersion'] !== 'admission.k8s.io/v1') {
    throw new Error(
      `expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview, got ${JSON.stringify(answer['apiVersion'])}, Kind=${JSON.stringify(answer['kind'])}`,
    );
  }
  const { response } = answer;
  if (response['uid'] !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response['uid'])}`);
  const warnings = response['warnings'];
  return {
    allowed: response['allowed'] === true,
    patch: decodePatch(response),
    warnings: Array.isArray(warnings) ? warnings.map(String) : [],
    status: isObject(response['status']) ? response['status'] : {},
  };
}
