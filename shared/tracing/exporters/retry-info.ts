import { ProtobufReader, WIRE } from '../../otlp/protobuf-reader.ts';
import { boundedRetryMs } from './answer.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/** Number and value of a message's fields, by type: bytes and integers. Throws ProtobufError. */
function fieldsOf(bytes: Uint8Array): { bytes: [number, Uint8Array][]; numbers: [number, number][] } {
  const reader = new ProtobufReader(bytes);
  const fields: ReturnType<typeof fieldsOf> = { bytes: [], numbers: [] };
  while (!reader.done) {
    const { field, wire } = reader.tag();
    if (wire === WIRE.bytes) fields.bytes.push([field, reader.bytes()]);
    else if (wire === WIRE.varint) fields.numbers.push([field, Number(BigInt.asIntN(64, reader.varint()))]);
    else reader.skip(wire);
  }
  return fields;
}

function delayMs(retryInfo: Uint8Array): number {
  const [, delay] = fieldsOf(retryInfo).bytes.find(([field]) => field === 1) ?? [];
  if (!delay) return 0;
  const { numbers } = fieldsOf(delay);
  const value = (wanted: number): number => numbers.find(([field]) => field === wanted)?.[1] ?? 0;
  return value(1) * 1000 + value(2) / 1e6;
}

/**
 * Milliseconds of the `google.rpc.RetryInfo` in a `google.rpc.Status`, as gRPC servers send it in the trailer `grpc-status-details-bin`
 * (OTLP 1.x, "OTLP/gRPC Throttling"); at most a minute. Undefined if there is none, if it is not positive, or if the bytes are invalid.
 */
export function retryInfoMs(statusDetails: unknown): number | undefined {
  if (!(statusDetails instanceof Uint8Array)) return undefined;
  try {
    for (const [, any] of fieldsOf(statusDetails).bytes.filter(([field]) => field === 3)) {
      const { bytes } = fieldsOf(any);
      const [, type] = bytes.find(([field]) => field === 1) ?? [];
      const [, value] = bytes.find(([field]) => field === 2) ?? [];
      if (type && value && Buffer.from(type).toString() === RETRY_INFO) return boundedRetryMs(delayMs(value));
    }
  } catch {
    // The details are optional: without them the usual delay applies.
  }
  return undefined;
}
