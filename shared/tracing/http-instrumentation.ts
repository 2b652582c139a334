import { createRequire } from 'node:module';

import { context, trace } from '@opentelemetry/api';
import type { Context, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

import { requestedResource } from '../kubernetes/resources.ts';
import { activeReconcileScope } from './traced.ts';

const NON_RECORDING = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });

/** Gives instrumentation the tracer of the reconcile that makes the request; outside of a recorded reconcile nothing is recorded. */
function reconcileTracerProvider(): TracerProvider {
  const tracerFor = (name: string, version?: string): Tracer => {
    const startSpan = (spanName: string, options?: SpanOptions, from: Context = context.active()): Span =>
      activeReconcileScope(from)?.provider.getTracer(name, version).startSpan(spanName, options, from) ?? NON_RECORDING;
    return { startSpan, startActiveSpan: unsupported };
  };
  return { getTracer: tracerFor };
}

function unsupported(): never {
  throw new Error('startActiveSpan is not used by instrumentation-http');
}

let installed = false;

/**
 * Makes each API request inside a recorded reconcile a client span below the function that made it (`@opentelemetry/instrumentation-http`,
 * outgoing only), and sets the context manager that carries the reconcile through async code. Once a process; later calls do nothing.
 */
export function installHttpInstrumentation(): void {
  if (installed) return;
  installed = true;
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const instrumentation = new HttpInstrumentation({
    disableIncomingRequestInstrumentation: true,
    requireParentforOutgoingSpans: true,
    requestHook: (span, request) => {
      const path = 'path' in request ? request.path : undefined;
      const resource = path === undefined ? undefined : requestedResource(path);
      if (resource !== undefined && 'method' in request) span.updateName(`${request.method} ${resource}`);
    },
  });
  registerInstrumentations({ tracerProvider: reconcileTracerProvider(), instrumentations: [instrumentation] });
  // The hook patches a module when it is required; an import of a built-in module alone does not run it.
  const require = createRequire(import.meta.url);
  require('node:http');
  require('node:https');
}
