import { protobufFields } from '../../runtime/protobuf-reader.ts';
import type { ProtobufField } from '../../runtime/protobuf-reader.ts';
import { boundedRetryMs } from './answer.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

const bytesOf = (fields: ProtobufField[], wanted: number): Uint8Array | undefined =>
  fields.find(({ field }) => field === wanted)?.bytes;

function delayMs(retryInfo: Uint8Array): number {
  const delay = bytesOf([...protobufFields(retryInfo)], 1);
  if (!delay) return 0;
  const fields = [...protobufFields(delay)];
  const numberOf = (wanted: number): number =>
    Number(BigInt.asIntN(64, fields.find(({ field }) => field === wanted)?.value ?? 0n));
  return numberOf(1) * 1000 + numberOf(2) / 1e6;
}

/**
 * Milliseconds of the `google.rpc.RetryInfo` in a `google.rpc.Status`, as gRPC servers send it in the trailer `grpc-status-details-bin`
 * (OTLP 1.x, "OTLP/gRPC Throttling"); at most a minute. Undefined if there is none, if it is not positive, or if the bytes are invalid.
 */
export function retryInfoMs(statusDetails: unknown): number | undefined {
  if (!(statusDetails instanceof Uint8Array)) return undefined;
  try {
    for (const { field, bytes: any } of protobufFields(statusDetails)) {
      if (field !== 3 || !any) continue;
      const fields = [...protobufFields(any)];
      const type = bytesOf(fields, 1);
      const value = bytesOf(fields, 2);
      if (type && value && Buffer.from(type).toString() === RETRY_INFO) return boundedRetryMs(delayMs(value));
    }
  } catch {
    // The details are optional: without them the usual delay applies.
  }
  return undefined;
}
