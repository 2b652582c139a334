import { invalid, invalidObject, notSupported } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { notRegistered } from '../go-text.ts';
import type { JsonObject } from '../object.ts';
import { goDecodeProblem } from '../schema/go-types.ts';
import type { Schema } from '../schema/schema.ts';
import { badRequest } from '../status.ts';
import { integerFrom } from '../storage/list-options.ts';

/** meta.k8s.io/v1 DeleteOptions: the types that Go's decoder checks. */
const optionsSchema: Schema = {
  type: 'object',
  struct: 'DeleteOptions',
  properties: {
    gracePeriodSeconds: { type: 'integer', format: 'int64' },
    preconditions: {
      type: 'object',
      struct: 'Preconditions',
      properties: { uid: { type: 'string' }, resourceVersion: { type: 'string' } },
    },
    orphanDependents: { type: 'boolean' },
    propagationPolicy: { type: 'string' },
    dryRun: { type: 'array', items: { type: 'string' } },
  },
};

export interface DeleteOptions {
  gracePeriodSeconds?: number;
  propagationPolicy?: 'Background' | 'Foreground' | 'Orphan';
  preconditions?: { uid?: string; resourceVersion?: string };
  /** `orphanDependents` was false: a deletion that takes longer is answered with 202. */
  isCascading?: boolean;
  /** A deletecollection: webhooks then don't get the object's name. */
  isOfCollection?: boolean;
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

function isPolicy(value: unknown): value is NonNullable<DeleteOptions['propagationPolicy']> {
  return policies.some((policy) => policy === value);
}

function checkOptions(given: JsonObject): void {
  const { propagationPolicy: policy, orphanDependents, dryRun } = given;
  const errors: FieldError[] = [];
  if (orphanDependents !== undefined && policy !== undefined)
    errors.push(invalid('propagationPolicy', policy, 'orphanDependents and deletionPropagation cannot be both set'));
  if (policy !== undefined && !isPolicy(policy))
    errors.push(notSupported('propagationPolicy', policy, [...policies, 'nil']));
  if (Array.isArray(dryRun) && dryRun.some((one) => one !== 'All'))
    errors.push(notSupported('dryRun', dryRun, ['All']));
  if (errors.length > 0) throw invalidObject({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
}

/** The options in a deletion's query. */
export function deleteOptionsIn(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = integerFrom(query, 'gracePeriodSeconds');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(query.has('propagationPolicy') ? { propagationPolicy: query.get('propagationPolicy') } : {}),
    ...(query.has('dryRun') ? { dryRun: query.getAll('dryRun') } : {}),
    ...(query.has('orphanDependents') ? { orphanDependents: query.get('orphanDependents') !== 'false' } : {}),
  };
}

/** The kind must be DeleteOptions, of any group. */
function checkKind({ kind, apiVersion }: JsonObject): void {
  if (kind === undefined || kind === 'DeleteOptions') return;
  const version = typeof apiVersion === 'string' && apiVersion !== '' ? apiVersion : 'meta.k8s.io/v1';
  throw badRequest(notRegistered(kind, version));
}

/** Reads DeleteOptions. Throws 400 for another kind or type, 422 for invalid values. */
export function parseDeleteOptions(submitted: JsonObject): DeleteOptions {
  const given = Object.fromEntries(Object.entries(submitted).filter(([, value]) => value !== null));
  checkKind(given);
  const problem = goDecodeProblem(optionsSchema, given);
  if (problem !== undefined) throw badRequest(problem);
  checkOptions(given);
  const { gracePeriodSeconds: grace, propagationPolicy: policy, orphanDependents } = given;
  const preconditions = given['preconditions'] as DeleteOptions['preconditions'];
  const orphaning = orphanDependents === true ? 'Orphan' : orphanDependents === false ? 'Background' : undefined;
  const propagationPolicy = isPolicy(policy) ? policy : orphaning;
  return {
    // As in Kubernetes, a negative period is the shortest there is.
    ...(typeof grace === 'number' ? { gracePeriodSeconds: grace < 0 ? 1 : grace } : {}),
    ...(orphanDependents === false ? { isCascading: true } : {}),
    ...(propagationPolicy === undefined ? {} : { propagationPolicy }),
    ...(preconditions ? { preconditions } : {}),
  };
}
