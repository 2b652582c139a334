import express, {
  type ErrorRequestHandler,
  type Request,
  type RequestHandler,
  type Response,
  type Router,
} from 'express';
import { decodeTracesJson } from '../../../shared/otlp/decode-json.ts';
import { decodeTracesProtobuf } from '../../../shared/otlp/decode-protobuf.ts';
import { OtlpDecodeError } from '../../../shared/otlp/errors.ts';
import { withSender, type SpanSender } from '../../../shared/otlp/sender.ts';
import type { TracesData } from '../../../shared/otlp/types.ts';
import type { Logger } from '../../../shared/runtime/log.ts';
import { asHttpError, HttpError } from '../api/http-error.ts';
import type { TraceMemory } from '../memory/memory.ts';
import { sendExportError, sendExportResponse, type OtlpEncoding } from './otlp-response.ts';
import { StepLimits } from './step-limits.ts';
import { STEP_TOKEN_HEADER, type StepTokens } from './step-token.ts';

export interface IngestOptions {
  memory: TraceMemory;
  /** Checks a caller that has no step's token, before its body is read. */
  authenticate: RequestHandler;
  stepTokens: StepTokens;
  /** Gets the accepted spans of steps, marked with their sender. */
  onStepSpans: (traces: TracesData, sender: SpanSender) => void;
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

const MAX_STEP_BODY_BYTES = 4 * 1024 * 1024;
const ONLY_TRACES =
  'only traces are taken here: OTEL_METRICS_EXPORTER=none and OTEL_LOGS_EXPORTER=none leave out the rest';
const NO_ROOM = 'the trace is larger than the trace store may grow';

const countSpans = (traces: TracesData): number =>
  traces.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans).reduce((sum, { spans }) => sum + spans.length, 0);

/**
 * OTLP/HTTP's trace endpoint, `POST /v1/traces`: protobuf or JSON, plain or gzip. The product sends with the store's token; a step with its
 * own token, which assigns its spans to its run's trace.
 */
export function ingestRouter(options: IngestOptions): Router {
  const { memory, authenticate, stepTokens, onStepSpans, maxBodyBytes, log } = options;
  const router = express.Router();
  const limits = new StepLimits();
  const readBody = express.raw({ type: () => true, limit: maxBodyBytes });
  const readStepBody = express.raw({ type: () => true, limit: Math.min(maxBodyBytes, MAX_STEP_BODY_BYTES) });
  const senderOf = (response: Response): SpanSender | undefined => response.locals['sender'] as SpanSender | undefined;

  const identify: RequestHandler = (request, response, next) => {
    const token = request.headers[STEP_TOKEN_HEADER];
    if (token === undefined) {
      void authenticate(request, response, next);
      return;
    }
    const sender = typeof token === 'string' ? stepTokens.sender(token) : undefined;
    if (!sender) throw new HttpError(401, `${STEP_TOKEN_HEADER} is not a token that was given to a step here`);
    response.locals['sender'] = sender;
    limits.admit(sender.traceId);
    next();
  };

  /** Spans of a step: all of a request, or none. */
  const takeFromStep = (traces: TracesData, sender: SpanSender): { rejected: number; why: string } => {
    const count = countSpans(traces);
    if (!limits.takeSpans(sender.traceId, count)) return { rejected: count, why: limits.full };
    const marked = withSender(traces, sender);
    const { rejected } = memory.add(marked, sender.traceId);
    if (rejected === 0) onStepSpans(marked, sender);
    return { rejected, why: NO_ROOM };
  };

  router.post(
    '/v1/traces',
    identify,
    onlyOtlp,
    (request, response, next) => void (senderOf(response) ? readStepBody : readBody)(request, response, next),
    (request, response) => {
      const encoding = encodingOf(request) ?? 'protobuf';
      const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
      const sender = senderOf(response);
      if (sender) limits.countBytes(sender.traceId, body.length);
      const traces = encoding === 'json' ? decodeTracesJson(body) : decodeTracesProtobuf(body);
      const { rejected, why } = sender
        ? takeFromStep(traces, sender)
        : { rejected: memory.add(traces).rejected, why: NO_ROOM };
      if (rejected > 0 && (!sender || limits.isNew(sender.traceId)))
        log.warn('spans rejected', { rejected, reason: why, ...sender });
      sendExportResponse(response, encoding, rejected, why);
    },
  );
  router.all('/v1/traces', (request, _response, next) => {
    next(new HttpError(405, `${request.method} is not possible here, POST is`, { Allow: 'POST' }));
  });
  // Programs send all three by default, and repeatedly.
  router.all(['/v1/metrics', '/v1/logs'], (request, response) => {
    sendExportError(response, encodingOf(request) ?? 'json', 404, ONLY_TRACES);
  });

  const answerError: ErrorRequestHandler = (error: unknown, request, response, _next) => {
    const { status, message, headers } =
      error instanceof OtlpDecodeError ? new HttpError(400, error.message) : asHttpError(error);
    const sender = senderOf(response);
    const fields = { status, error: error instanceof Error ? error.message : String(error), ...sender };
    if (status >= 500) log.error('trace export failed', fields);
    else if (!sender || limits.isNew(sender.traceId)) log.warn('trace export refused', fields);
    response.set(headers);
    sendExportError(response, encodingOf(request) ?? 'json', status, message);
  };
  router.use('/v1', answerError);
  return router;
}
