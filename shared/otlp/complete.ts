import { OtlpDecodeError } from './errors.ts';
import type { FieldType, MessageSchema } from './schema.ts';

function defaultValue(type: FieldType, path: string): unknown {
  if (typeof type === 'object') return complete({}, type, path);
  switch (type) {
    case 'traceId':
    case 'spanId':
      throw new OtlpDecodeError(path, 'is missing');
    case 'bool':
      return false;
    case 'uint32':
    case 'fixed32':
    case 'double':
      return 0;
    case 'int64':
    case 'fixed64':
      return '0';
    default:
      return '';
  }
}

/**
 * The message with its fields in the schema's order, with required fields filled in and without optional fields at their default. So messages
 * that are equal are equal as JSON, whatever their encoding was. Throws OtlpDecodeError for a missing id.
 */
export function complete(
  message: Record<string, unknown>,
  schema: MessageSchema,
  path: string,
): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    const value = message[name];
    if (field.repeated) result[name] = value ?? [];
    else if (field.always) result[name] = value ?? defaultValue(field.type, path === '' ? name : `${path}.${name}`);
    else if (
      value !== undefined &&
      (schema.oneof || typeof value === 'object' || value !== defaultValue(field.type, path))
    )
      result[name] = value;
  }
  return result;
}
