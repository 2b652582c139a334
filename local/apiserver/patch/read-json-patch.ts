import { jsonKind } from '../go-text.ts';
import { isObject } from '../object.ts';
import { badRequest, StatusError } from '../status.ts';

const MAX_OPERATIONS = 10_000;

function unreadable(value: unknown, type: string): StatusError {
  return badRequest(`error decoding patch: json: cannot unmarshal ${jsonKind(value)} into Go ${type}`);
}

const operationFields = ['op', 'path', 'from', 'value'];

/** Unknown fields of operations, as a strict reader reports them. */
export function unknownOperationFields(patch: unknown): string[] {
  return (Array.isArray(patch) ? (patch as unknown[]) : []).flatMap((operation, index) =>
    Object.keys(isObject(operation) ? operation : {})
      .filter((key) => !operationFields.includes(key))
      .map((key) => `unknown field ${JSON.stringify(`[${index}].${key}`)}`),
  );
}

/** The same without strict reading: only used fields are read. */
function checkLaxly(patch: unknown): void {
  const refuse = (value: unknown, type: string): StatusError =>
    badRequest(`json: cannot unmarshal ${jsonKind(value)} into Go value of type jsonpatch.${type}`);
  if (!Array.isArray(patch)) throw refuse(patch, 'Patch');
  for (const operation of patch as unknown[])
    if (operation !== null && !isObject(operation)) throw refuse(operation, 'Operation');
}

/** Reads a JSON patch of a request: 400 if it is no list of operations, 413 if it has too many. */
export function readJsonPatch(patch: unknown, isLax: boolean): unknown[] {
  if (patch === null) return [];
  if (isLax) checkLaxly(patch);
  if (!Array.isArray(patch)) throw unreadable(patch, 'value of type []handlers.jsonPatchOp');
  for (const operation of patch as unknown[]) {
    if (operation === null || isLax) continue;
    if (!isObject(operation)) throw unreadable(operation, 'value of type handlers.jsonPatchOp');
    for (const field of ['op', 'path', 'from']) {
      const value = operation[field];
      if (value !== undefined && value !== null && typeof value !== 'string')
        throw unreadable(value, `struct field jsonPatchOp.${field} of type string`);
    }
  }
  if (patch.length <= MAX_OPERATIONS) return patch;
  throw new StatusError(
    413,
    'RequestEntityTooLarge',
    `Request entity is too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${patch.length}`,
  );
}
