import express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';

import { formatAdmissionTime } from '../shared/tracing/provenance.ts';
import { parseCarrier } from '../shared/tracing/carrier.ts';
import { ADMISSION_TIME, carrierNames, REFUSED_OWNER } from '../shared/tekton/annotations.ts';
import { LruMap } from '../shared/runtime/lru.ts';
import { TokenBucket } from '../shared/runtime/token-bucket.ts';
import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { answer, NotAReviewError, reviewIdentity, reviewRequest } from './admission-review.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { limitHeldBodies } from './held-bodies.ts';
import { annotationOperations, annotationsFit, takeOver } from './json-patch.ts';
import type { JsonPatch } from './json-patch.ts';
import { KINDS } from './metrics.ts';
import type { ReviewKind, WebhookObserver } from './metrics.ts';
import { isUnchanged } from './outcome.ts';
import type { Unchanged } from './outcome.ts';
import { stampPipelineRun } from './pipelinerun.ts';
import { patchPod } from './pod.ts';
import type { StampSettings } from './stamp.ts';
import { stampTaskRun } from './taskrun.ts';

/** controller-runtime's limit: the API server's largest object has 3 MB, and escapes make it larger. */
const MAX_BODY = '7mb';
/** A replica of the chart may use 512 MiB. Parsing one review of the largest size and the worst shape takes 200 MiB, the process itself 100. */
const MAX_HELD_BYTES = 32 << 20;

export interface WebhookAppOptions {
  settings: StampSettings;
  log: Logger;
  /** False when the server drains: it then keeps no connections. */
  isReady: () => boolean;
  observer?: WebhookObserver;
  /** Of the bodies of all requests that are not answered. */
  maxHeldBytes?: number;
}

/** Users that are remembered, so that each is warned of once. */
const MAX_WARNED = 1000;

type Mutation = (request: AdmissionRequest, settings: StampSettings, receivedMs: number) => JsonPatch | Unchanged;

type Stamp = (request: AdmissionRequest, settings: StampSettings) => AnnotationChanges | Unchanged;

/** The run's own span, as fields of a log line. */
function spanOf(stamped: AnnotationChanges, kind: string | undefined): Record<string, string> {
  const own = parseCarrier(stamped[carrierNames(kind).own] ?? undefined);
  return own ? { trace_id: own.traceId, span_id: own.spanId } : {};
}

/** Longest user name that is remembered and logged. Service accounts have at most 342 characters. */
const MAX_USER_CHARS = 400;

/** A copy, because a slice would keep the whole name in memory. */
const shortName = (name: string): string =>
  name.length <= MAX_USER_CHARS ? name : `${Buffer.from(name.slice(0, MAX_USER_CHARS)).toString()}…`;

/** Whoever reaches the port must not fill the log. */
const fewLines = (): TokenBucket => new TokenBucket({ perSecond: 1, burst: 20 });

/** Reports refused owner references. Each requester is warned of once: it may be a controller that should be trusted. */
function reportingRefusals(kind: ReviewKind, stamp: Stamp, { log, observer }: WebhookAppOptions): Stamp {
  const warned = new LruMap<string, true>(MAX_WARNED);
  const lines = fewLines();
  return (request, settings) => {
    const stamped = stamp(request, settings);
    if (isUnchanged(stamped) || typeof stamped[REFUSED_OWNER] !== 'string') return stamped;
    observer?.refusedOwner(kind);
    const { namespace, object } = request;
    const user = shortName(request.username);
    if (!warned.get(user) && lines.tryTake()) {
      warned.set(user, true);
      log.warn(
        'an owner reference to a PipelineRun is refused, the run gets its own trace: if this user is a controller that creates TaskRuns, start the webhook with --trusted-requester',
        { user, kind: object.kind, namespace, ...spanOf(stamped, object.kind) },
      );
    }
    return stamped;
  };
}

/** The patch, with the time of the request in an annotation: the controller makes the `admission` span from it. */
function stamping(stamp: Stamp): Mutation {
  return (request, settings, receivedMs) => {
    const stamped = stamp(request, settings);
    if (isUnchanged(stamped)) return stamped;
    const answeredMs = (settings.nowMs ?? Date.now)();
    const admissionTime = formatAdmissionTime({ receivedMs, answeredMs: Math.max(receivedMs, answeredMs) });
    const decided: AnnotationChanges = { ...stamped, [ADMISSION_TIME]: admissionTime };
    const { metadata } = request.object;
    // A refusal of the owner is always written: nobody may get round it with long annotations.
    const isRefusal = typeof decided[REFUSED_OWNER] === 'string';
    if (!isRefusal && !annotationsFit(metadata.annotations, decided)) return 'annotations_full';
    return [...annotationOperations(metadata.annotations, decided), ...takeOver(metadata, Object.keys(decided))];
  };
}

function mutate(kind: ReviewKind, mutation: Mutation, { settings, log, observer }: WebhookAppOptions): RequestHandler {
  const lines = fewLines();
  const decide = (body: unknown, receivedMs: number): JsonPatch | Unchanged => {
    const admission = reviewRequest(body);
    if (!admission) return 'malformed';
    return admission.operation === 'CREATE' ? mutation(admission, settings, receivedMs) : 'not_a_creation';
  };
  return (request, response) => {
    const receivedMs = (settings.nowMs ?? Date.now)();
    const body: unknown = request.body;
    // A parsed body may take twenty times its bytes, and the request lives until its response is written.
    request.body = undefined;
    const identity = reviewIdentity(body);
    let decision: JsonPatch | Unchanged;
    try {
      decision = decide(body, receivedMs);
    } catch (error) {
      decision = 'failed';
      if (lines.tryTake())
        log.error('adding the span context failed, the object is admitted unchanged', {
          path: request.path,
          review: identity.uid,
          error,
        });
    }
    observer?.decided(kind, isUnchanged(decision) ? decision : 'stamped');
    const text = JSON.stringify(answer(identity, isUnchanged(decision) ? [] : decision));
    // Headers and body in one write: `response.json` makes two of a body of more than 1000 characters, and each is a TLS record.
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
}

/** `path` is below /mutate. */
const kindOf = (path: string): ReviewKind => KINDS.find((kind) => path === `/${kind}`) ?? 'other';

function observing(observer: WebhookObserver): RequestHandler {
  return ({ path }, response, next) => {
    const startedMs = performance.now();
    observer.began();
    response.once('close', () => {
      const code = response.writableFinished ? String(response.statusCode) : '<aborted>';
      observer.ended(kindOf(path), code, performance.now() - startedMs);
    });
    next();
  };
}

const failure = (code: number, message: string): object => ({
  ...{ kind: 'Status', apiVersion: 'v1', status: 'Failure' },
  ...{ code, message },
});

function limitingBodies({ log, maxHeldBytes = MAX_HELD_BYTES }: WebhookAppOptions): RequestHandler {
  const lines = fewLines();
  return limitHeldBodies(maxHeldBytes, (heldBytes) => {
    if (lines.tryTake())
      log.warn('the bodies of unanswered requests are too large together: the largest is cut off', {
        heldBytes,
        maxHeldBytes,
      });
  });
}

function refuseBadBody(log: Logger): ErrorRequestHandler {
  const lines = fewLines();
  return (error: unknown, request, response, _next) => {
    // The client went, or its connection broke: nobody reads an answer.
    if (request.destroyed && !request.complete) return;
    const status = error instanceof NotAReviewError ? 400 : Number((error as { status?: unknown }).status ?? 500);
    const message = error instanceof Error ? error.message : String(error);
    if (lines.tryTake()) log.warn('a request was not an AdmissionReview', { path: request.path, status, error });
    response.status(status).json(failure(status, message));
  };
}

/** The webhook's HTTP application: one path per kind, and /readyz, by which it asks itself. It calls no API and records no span. */
export function createWebhookApp(options: WebhookAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  if (options.observer) app.use('/mutate', observing(options.observer));
  app.use((_request, response, next) => {
    // Closes the connection: the client would send its next review on it, after this server has ended.
    if (!options.isReady()) response.set('connection', 'close');
    next();
  });
  app.use('/mutate', limitingBodies(options));
  // The API server compresses nothing.
  const parse = express.json({ limit: MAX_BODY, type: () => true, inflate: false });
  const stamps = { pipelinerun: stampPipelineRun, taskrun: stampTaskRun };
  for (const kind of ['pipelinerun', 'taskrun'] as const) {
    const stamp = reportingRefusals(kind, stamps[kind], options);
    app.post(`/mutate/${kind}`, parse, mutate(kind, stamping(stamp), options));
  }
  app.post('/mutate/pod', parse, mutate('pod', patchPod, options));
  app.get('/readyz', (_request, response) => void response.type('text').send('ok'));
  app.use((request, response) => void response.status(404).json(failure(404, `no such path: ${request.path}`)));
  app.use(refuseBadBody(options.log));
  return app;
}
