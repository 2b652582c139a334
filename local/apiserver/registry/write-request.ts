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
  /** Errors of strict reading. */
  strictErrors: string[];
  /** The query's options, for webhooks. */
  givenOptions: JsonObject;
  /** Sent back as Warning headers; operations add to it. */
  warnings: string[];
}

/** The writer of the server's own controllers. */
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
