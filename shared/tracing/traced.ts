import { isPromise } from 'node:util/types';

import { context, createContextKey, SpanStatusCode } from '@opentelemetry/api';
import type { Attributes, Span, Tracer, TracerProvider } from '@opentelemetry/api';

import { redactedUpTo } from '../runtime/redact.ts';

/** The present reconcile: the spans of its functions and API requests belong to it. */
export interface ReconcileScope {
  tracer: Tracer;
  provider: TracerProvider;
}

export const RECONCILE_SCOPE = createContextKey('tektrace reconcile scope');

/** The scope of the present reconcile; undefined outside of a reconcile, and in one that is not recorded. */
export function activeReconcileScope(from = context.active()): ReconcileScope | undefined {
  return from.getValue(RECONCILE_SCOPE) as ReconcileScope | undefined;
}

const MAX_MESSAGE_CHARS = 1024;
const MAX_STACK_CHARS = 4096;

/**
 * Records an error on the span: exception event, Error status, `error.type`. Its message may quote what a user wrote, of any length: it is cut, so that the
 * spans of one run do not make a batch with those of others too large for the collector, and has no credentials that can be recognised.
 */
export function recordError(span: Span, error: unknown): void {
  const exception = error instanceof Error ? error : new Error(String(error));
  const { name, code } = exception as Error & { code?: string };
  const message = redactedUpTo(exception.message, MAX_MESSAGE_CHARS);
  const stack = redactedUpTo(exception.stack?.replace(exception.message, () => message) ?? '', MAX_STACK_CHARS);
  span.recordException({ name, message, ...(code !== undefined && { code }), ...(stack !== '' && { stack }) });
  span.setAttribute('error.type', name);
  span.setStatus({ code: SpanStatusCode.ERROR, message });
}

/**
 * `fn` inside a span `name`, if a recorded reconcile is running; otherwise only `fn`. An error or rejection is recorded on the span and thrown
 * again. `describe` returns the span's attributes from the arguments.
 */
export function traced<A extends unknown[], R>(
  name: string,
  fn: (...args: A) => R,
  describe?: (...args: A) => Attributes,
): (...args: A) => R {
  return (...args) => {
    const scope = activeReconcileScope();
    if (!scope) return fn(...args);
    return scope.tracer.startActiveSpan(name, { attributes: describe?.(...args) ?? {} }, (span) => {
      try {
        const result = fn(...args);
        if (isPromise(result)) return endWith<unknown>(span, result) as R;
        span.end();
        return result;
      } catch (error) {
        recordError(span, error);
        span.end();
        throw error;
      }
    });
  };
}

async function endWith<T>(span: Span, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (error) {
    recordError(span, error);
    throw error;
  } finally {
    span.end();
  }
}
