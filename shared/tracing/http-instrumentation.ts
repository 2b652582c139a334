import { createRequire } from 'node:module';

import { context, trace } from '@opentelemetry/api';
import type { Context, Span, SpanOptions, Tracer, TracerProvider } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';

import { requestedResource } from '../kubernetes/resources.ts';
import { activeReconcileScope } from './traced.ts';

const NON_RECORDING = trace.wrapSpanContext({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 });

/** Gives instrumentation the tracer of the present reconcile. Outside of a recorded reconcile it records nothing. */
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
 * Records each API request of a recorded reconcile as a client span below the function that sent it (`@opentelemetry/instrumentation-http`,
 * outgoing only). Also sets the context manager for async code. Works once per process; later calls do nothing.
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
  // The hook patches a module on `require`; importing a built-in module does not run it.
  const require = createRequire(import.meta.url);
  require('node:http');
  require('node:https');
}
