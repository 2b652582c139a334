import type { UserInfo } from '../identity/user.ts';
import type { JsonObject } from '../object.ts';

export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** Who writes, and how. */
export interface WriteRequest {
  user: UserInfo;
  /** The writer's name in managedFields. */
  manager: string;
  dryRun: boolean;
  /** An apply takes over the fields of others. */
  force: boolean;
  fieldValidation: FieldValidation;
  /** What only a strict reader minds in the request's text. */
  strictErrors: string[];
  /** What the query asks for by name, as a webhook is shown it. */
  givenOptions: JsonObject;
  /** Sent back as Warning headers; operations add to it. */
  warnings: string[];
}

/** The server's own writer, for what controllers inside it do. */
export function systemRequest(name: string): WriteRequest {
  return {
    user: {
      username: `system:serviceaccount:kube-system:${name}`,
      groups: ['system:serviceaccounts', 'system:masters', 'system:authenticated'],
    },
    manager: 'kube-controller-manager',
    dryRun: false,
    force: false,
    fieldValidation: 'Ignore',
    strictErrors: [],
    givenOptions: {},
    warnings: [],
  };
}

/** Times in metadata are whole seconds. */
export function timestamp(time: Date): string {
  return `${time.toISOString().slice(0, 19)}Z`;
}
