import express, { type ErrorRequestHandler, type Request, type RequestHandler, type Router } from 'express';
import { decodeTracesJson } from '../../shared/otlp/decode-json.ts';
import { decodeTracesProtobuf } from '../../shared/otlp/decode-protobuf.ts';
import { OtlpDecodeError } from '../../shared/otlp/errors.ts';
import type { Logger } from '../../shared/runtime/log.ts';
import { asHttpError, HttpError } from './http-error.ts';
import type { TraceMemory } from './memory.ts';
import { sendExportError, sendExportResponse, type OtlpEncoding } from './otlp-response.ts';

export interface IngestOptions {
  memory: TraceMemory;
  /** Checks the caller before its body is read. */
  authenticate: RequestHandler;
  /** Of the body after decompression. */
  maxBodyBytes: number;
  log: Logger;
}

function encodingOf(request: Request): OtlpEncoding | undefined {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim().toLowerCase();
  return type === 'application/json' ? 'json' : type === 'application/x-protobuf' ? 'protobuf' : undefined;
}

const onlyOtlp: RequestHandler = (request, _response, next) => {
  const type = request.headers['content-type'] ?? 'none';
  next(
    encodingOf(request) === undefined
      ? new HttpError(415, `Content-Type must be application/x-protobuf or application/json, is ${type}`)
      : undefined,
  );
};

/** OTLP/HTTP's trace endpoint, `POST /v1/traces`: protobuf or JSON, plain or gzip. */
export function ingestRouter({ memory, authenticate, maxBodyBytes, log }: IngestOptions): Router {
  const router = express.Router();
  const readBody = express.raw({ type: () => true, limit: maxBodyBytes });

  router.post('/v1/traces', authenticate, onlyOtlp, readBody, (request, response) => {
    const encoding = encodingOf(request) ?? 'protobuf';
    const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const traces = encoding === 'json' ? decodeTracesJson(body) : decodeTracesProtobuf(body);
    const { rejected } = memory.add(traces);
    const why = 'the trace is larger than the trace store may grow';
    if (rejected > 0) log.warn('spans rejected', { rejected, reason: why });
    sendExportResponse(response, encoding, rejected, why);
  });
  router.all('/v1/traces', (request, _response, next) => {
    next(new HttpError(405, `${request.method} is not possible here, POST is`, { Allow: 'POST' }));
  });

  const answerError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const { status, message, headers } =
      error instanceof OtlpDecodeError ? new HttpError(400, error.message) : asHttpError(error);
    const fields = { status, error: error instanceof Error ? error.message : String(error) };
    if (status >= 500) log.error('trace export failed', fields);
    else log.warn('trace export refused', fields);
    response.set(headers);
    sendExportError(response, encodingOf(request) ?? 'json', status, message);
  };
  router.use('/v1/traces', answerError);
  return router;
}
