import type { JsonObject } from './object.ts';

export interface StatusCause {
  reason: string;
  message: string;
  field: string;
}

/** The error of a failed request, sent as a Status. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: JsonObject | undefined;
  /** The Status' metadata: an expired list has its new continue token there. */
  readonly metadata: JsonObject;

  constructor(code: number, reason: string, message: string, details?: JsonObject, metadata: JsonObject = {}) {
    super(message);
    this.name = 'StatusError';
    this.code = code;
    this.reason = reason;
    this.details = details;
    this.metadata = metadata;
  }
}

export interface GroupResource {
  group: string;
  resource: string;
}

/** `pods`, `taskruns.tekton.dev`: how error texts name a resource. */
export function qualified({ group, resource }: GroupResource): string {
  return group === '' ? resource : `${resource}.${group}`;
}

function detailsOf(target: GroupResource, name: string): JsonObject {
  return { name, ...(target.group === '' ? {} : { group: target.group }), kind: target.resource };
}

export function statusBody(error: StatusError): JsonObject {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: error.metadata,
    status: 'Failure',
    message: error.message,
    ...(error.reason === '' ? {} : { reason: error.reason }),
    ...(error.details === undefined ? {} : { details: error.details }),
    code: error.code,
  };
}

export const badRequest = (message: string): StatusError => new StatusError(400, 'BadRequest', message);

export const notFound = (target: GroupResource, name: string): StatusError =>
  new StatusError(404, 'NotFound', `${qualified(target)} "${name}" not found`, detailsOf(target, name));

export const noSuchPath = (): StatusError =>
  new StatusError(404, 'NotFound', 'the server could not find the requested resource', {});

/** The response for a path outside of all API groups: plain text, no Status. */
export class PageNotFound extends Error {
  constructor() {
    super('404 page not found');
    this.name = 'PageNotFound';
  }
}

/** `generateName`: if the name was generated, a retry may find a free one. */
export function alreadyExists(
  target: GroupResource,
  name: string,
  isBeingDeleted = false,
  generateName = '',
): StatusError {
  const why = isBeingDeleted ? 'object is being deleted: ' : '';
  const message = `${why}${qualified(target)} "${name}" already exists`;
  if (generateName === '') return new StatusError(409, 'AlreadyExists', message, detailsOf(target, name));
  const tried = `${message}, the server was not able to generate a unique name for the object`;
  return new StatusError(409, 'AlreadyExists', tried, { ...detailsOf(target, name), retryAfterSeconds: 1 });
}

export const conflict = (target: GroupResource, name: string, problem: string): StatusError =>
  new StatusError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(target)} "${name}": ${problem}`,
    detailsOf(target, name),
  );

export const forbidden = (target: GroupResource, name: string, problem: string): StatusError =>
  new StatusError(403, 'Forbidden', `${qualified(target)} "${name}" is forbidden: ${problem}`, detailsOf(target, name));

export const methodNotAllowed = (): StatusError =>
  new StatusError(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});

/** The same for a custom resource, with the verb instead of the method. */
export const verbNotSupported = (target: GroupResource, verb: string): StatusError =>
  new StatusError(
    405,
    'MethodNotAllowed',
    `${verb} is not supported on resources of kind ${JSON.stringify(qualified(target))}`,
    { group: target.group, kind: target.resource },
  );

export const internalError = (message: string): StatusError =>
  new StatusError(500, 'InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] });

export const expired = (message: string, metadata: JsonObject = {}): StatusError =>
  new StatusError(410, 'Expired', message, undefined, metadata);

export const unsupportedMediaType = (message: string): StatusError =>
  new StatusError(415, 'UnsupportedMediaType', message);
