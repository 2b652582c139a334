import type { ResourceType } from '../catalog/resource-type.ts';
import type { KubeObject } from '../object.ts';
import type { WriteRequest } from '../registry/write-request.ts';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE';

/** A write that needs admission. */
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
  /** What the server's own plugins do to the object (in place) before the webhooks, and again when these changed it. */
  plugins?: (object: KubeObject) => void;
}
