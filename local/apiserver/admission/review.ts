import { randomUUID } from 'node:crypto';
import type { ResourceType } from '../catalog/resource-type.ts';
import { inVersion as versioned } from '../catalog/versions.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import type { AdmissionAttributes, Operation } from './attributes.ts';

const optionKinds: Record<Operation, string> = {
  CREATE: 'CreateOptions',
  UPDATE: 'UpdateOptions',
  DELETE: 'DeleteOptions',
};

function kindOf(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, kind: type.kind };
}

function resourceOf(type: ResourceType): JsonObject {
  return { group: type.group, version: type.version, resource: type.resource };
}

/** The object in the version `seen`. */
export function inVersion(object: KubeObject | undefined, seen: ResourceType): KubeObject | null {
  return object === undefined ? null : { ...versioned(seen, object), kind: seen.kind };
}

/** An AdmissionRequest without uid and objects. CEL expressions get it as `request`. */
export function requestFields(attributes: AdmissionAttributes, seen: ResourceType): JsonObject {
  const { type, operation, subresource, name, namespace, request } = attributes;
  return {
    kind: kindOf(seen),
    resource: resourceOf(seen),
    ...(subresource === undefined ? {} : { subResource: subresource }),
    requestKind: kindOf(type),
    requestResource: resourceOf(type),
    ...(subresource === undefined ? {} : { requestSubResource: subresource }),
    ...(name === undefined || name === '' ? {} : { name }),
    ...(namespace === undefined || namespace === '' ? {} : { namespace }),
    operation,
    userInfo: request.user,
    dryRun: request.dryRun,
    options: { kind: optionKinds[operation], apiVersion: 'meta.k8s.io/v1', ...request.givenOptions },
  };
}

export interface Review {
  uid: string;
  body: JsonObject;
}

/** The AdmissionReview for one webhook, with the object in the version `seen`. Each call has its own uid. */
export function admissionReview(
  attributes: AdmissionAttributes,
  object: KubeObject | undefined,
  seen: ResourceType,
  reviewVersion: 'v1' | 'v1beta1',
): Review {
  const uid = randomUUID();
  const request = {
    uid,
    ...requestFields(attributes, seen),
    object: inVersion(object, seen),
    oldObject: inVersion(attributes.old, seen),
  };
  return { uid, body: { kind: 'AdmissionReview', apiVersion: `admission.k8s.io/${reviewVersion}`, request } };
}
