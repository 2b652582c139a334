import type { Response } from 'express';

export type OtlpEncoding = 'json' | 'protobuf';

const CONTENT_TYPES: Record<OtlpEncoding, string> = { json: 'application/json', protobuf: 'application/x-protobuf' };

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) + 0x80);
  return [...bytes, rest];
}

const integerField = (field: number, value: number): Buffer => Buffer.from([...varint(field * 8), ...varint(value)]);
const bytesField = (field: number, value: Buffer): Buffer =>
  Buffer.concat([Buffer.from([...varint(field * 8 + 2), ...varint(value.length)]), value]);

/** google.rpc.Code for an HTTP status, as gRPC's HTTP mapping has it. */
function rpcCode(status: number): number {
  const codes: Record<number, number> = { 400: 3, 401: 16, 403: 7, 404: 5, 413: 8, 415: 3, 500: 13, 503: 14 };
  return codes[status] ?? 2;
}

function send(response: Response, status: number, encoding: OtlpEncoding, json: unknown, protobuf: Buffer): void {
  response.status(status).set('Content-Type', CONTENT_TYPES[encoding]);
  response.end(encoding === 'json' ? JSON.stringify(json) : protobuf);
}

/** OTLP/HTTP's `ExportTraceServiceResponse`: empty if all spans were accepted, else with the number of rejected ones and the reason. */
export function sendExportResponse(response: Response, encoding: OtlpEncoding, rejected: number, why: string): void {
  if (rejected === 0) {
    send(response, 200, encoding, {}, Buffer.alloc(0));
    return;
  }
  const partialSuccess = Buffer.concat([integerField(1, rejected), bytesField(2, Buffer.from(why))]);
  const json = { partialSuccess: { rejectedSpans: String(rejected), errorMessage: why } };
  send(response, 200, encoding, json, bytesField(1, partialSuccess));
}

/** OTLP/HTTP's error body: a google.rpc.Status in the request's encoding. */
export function sendExportError(response: Response, encoding: OtlpEncoding, status: number, message: string): void {
  const code = rpcCode(status);
  const protobuf = Buffer.concat([integerField(1, code), bytesField(2, Buffer.from(message))]);
  send(response, status, encoding, { code, message }, protobuf);
}
