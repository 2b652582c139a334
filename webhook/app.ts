import express from 'express';
import type { ErrorRequestHandler, Express, RequestHandler } from 'express';

import { formatAdmissionTime } from '../shared/tracing/provenance.ts';
import { ADMISSION_TIME, REFUSED_OWNER } from '../shared/tekton/annotations.ts';
import { LruMap } from '../shared/runtime/lru.ts';
import type { AnnotationChanges } from '../shared/kubernetes/patch.ts';
import type { Logger } from '../shared/runtime/log.ts';
import { answer, NotAReviewError, reviewIdentity, reviewRequest } from './admission-review.ts';
import type { AdmissionRequest } from './admission-review.ts';
import { annotationOperations, takeOver } from './json-patch.ts';
import type { JsonPatch } from './json-patch.ts';
import { stampPipelineRun } from './pipelinerun.ts';
import { patchPod } from './pod.ts';
import type { StampSettings } from './stamp.ts';
import { stampTaskRun } from './taskrun.ts';

/** controller-runtime's limit: the API server's largest object has 3 MB, and escapes make it larger. */
const MAX_BODY = '7mb';

export interface WebhookAppOptions {
  settings: StampSettings;
  log: Logger;
  /** False when the server drains: it then keeps no connections. */
  isReady: () => boolean;
}

/** Users that are remembered, so that each is warned of once. */
const MAX_WARNED = 1000;

type Mutation = (request: AdmissionRequest, settings: StampSettings, receivedMs: number) => JsonPatch;

type Stamp = (request: AdmissionRequest, settings: StampSettings) => AnnotationChanges;

/** Warns of a requester whose owner references are refused, once: it may be a controller that should be trusted. */
function warningOfRefusals(stamp: Stamp, log: Logger): Stamp {
  const warned = new LruMap<string, true>(MAX_WARNED);
  return (request, settings) => {
    const stamped = stamp(request, settings);
    const { username, namespace, object } = request;
    if (typeof stamped[REFUSED_OWNER] === 'string' && !warned.get(username)) {
      warned.set(username, true);
      log.warn(
        'an owner reference to a PipelineRun is refused, the run gets its own trace: if this user is a controller that creates TaskRuns, start the webhook with --trusted-requester',
        { user: username, kind: object.kind, namespace },
      );
    }
    return stamped;
  };
}

/** The patch, with the time of the request in an annotation: the controller makes the `admission` span from it. */
function stamping(stamp: Stamp): Mutation {
  return (request, settings, receivedMs) => {
    const stamped = stamp(request, settings);
    if (Object.keys(stamped).length === 0) return [];
    const answeredMs = (settings.nowMs ?? Date.now)();
    const admissionTime = formatAdmissionTime({ receivedMs, answeredMs: Math.max(receivedMs, answeredMs) });
    const decided = { ...stamped, [ADMISSION_TIME]: admissionTime };
    const { metadata } = request.object;
    return [...annotationOperations(metadata.annotations, decided), ...takeOver(metadata, Object.keys(decided))];
  };
}

function mutate(mutation: Mutation, { settings, log }: WebhookAppOptions): RequestHandler {
  return (request, response) => {
    const receivedMs = (settings.nowMs ?? Date.now)();
    const identity = reviewIdentity(request.body);
    let patch: JsonPatch = [];
    try {
      const admission = reviewRequest(request.body);
      if (admission?.operation === 'CREATE') patch = mutation(admission, settings, receivedMs);
    } catch (error) {
      log.error('adding the span context failed, the object is admitted unchanged', {
        path: request.path,
        review: identity.uid,
        error,
      });
    }
    response.json(answer(identity, patch));
  };
}

const refuseBadBody =
  (log: Logger): ErrorRequestHandler =>
  (error: unknown, request, response, _next) => {
    const status = error instanceof NotAReviewError ? 400 : Number((error as { status?: unknown }).status ?? 500);
    const message = error instanceof Error ? error.message : String(error);
    log.warn('a request was not an AdmissionReview', { path: request.path, status, error });
    response.status(status).json({ kind: 'Status', apiVersion: 'v1', status: 'Failure', code: status, message });
  };

/** The webhook's HTTP application: one path per kind. It calls no API and records no span. */
export function createWebhookApp(options: WebhookAppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.use((_request, response, next) => {
    // Closes the connection: the client would send its next review on it, after this server has ended.
    if (!options.isReady()) response.set('connection', 'close');
    next();
  });
  app.use('/mutate', express.json({ limit: MAX_BODY, type: () => true }));
  app.post('/mutate/pipelinerun', mutate(stamping(warningOfRefusals(stampPipelineRun, options.log)), options));
  app.post('/mutate/taskrun', mutate(stamping(warningOfRefusals(stampTaskRun, options.log)), options));
  app.post('/mutate/pod', mutate(patchPod, options));
  app.use(
    (request, response) =>
      void response.status(404).json({
        kind: 'Status',
        apiVersion: 'v1',
        status: 'Failure',
        code: 404,
        message: `no such path: ${request.path}`,
      }),
  );
  app.use(refuseBadBody(options.log));
  return app;
}
