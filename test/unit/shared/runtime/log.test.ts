import { expect, test } from '@jest/globals';
import { context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';

import { createLogger } from '../../../../shared/runtime/log.ts';
import type { LoggerOptions } from '../../../../shared/runtime/log.ts';
import { activeSpanFields } from '../../../../shared/tracing/log-correlation.ts';

function logged(options: LoggerOptions, use: (log: ReturnType<typeof createLogger>) => void): string[] {
  const lines: string[] = [];
  const now = () => new Date('2026-05-01T10:00:00.250Z');
  use(createLogger({ write: (line) => void lines.push(line), now, ...options }));
  return lines;
}

test('JSON is one object a line, with the fields of all loggers above', () => {
  const [line, ...more] = logged({}, (log) => log.child({ a: 1 }).child({ b: 'x\ny' }).info('created', { c: true }));
  expect(more).toEqual([]);
  expect(line?.split('\n')).toHaveLength(2);
  expect(JSON.parse(line ?? '')).toEqual({
    time: '2026-05-01T10:00:00.250Z',
    level: 'info',
    message: 'created',
    a: 1,
    b: 'x\ny',
    c: true,
  });
});

test('text is short, and leaves out what is not there', () => {
  expect(logged({ format: 'text' }, (log) => log.warn('late', { run: 'a', by: undefined, n: 2 }))).toEqual([
    '10:00:00.250 warn  late  run=a n=2\n',
  ]);
});

test('what others wrote can not move a terminal’s cursor, turn text around or make a line of its own', () => {
  const name = 'a\x1b[2J\x9b1m\u202eb\u0000\r\n10:00:00.250 error forged';
  const [text = ''] = logged({ format: 'text' }, (log) =>
    log.warn('late', { name, error: new Error(name), list: [name] }),
  );
  expect(text.split('\n').filter((line) => line.startsWith('10:00'))).toHaveLength(1);
  const [json = ''] = logged({}, (log) => log.warn('late', { name }));
  for (const line of [text, json]) expect(line.replaceAll('\n', '')).toMatch(/^[\x20-\x7e]+$/);
  expect(text).toContain('name=a\\u001b[2J\\u009b1m\\u202eb');
  expect(JSON.parse(json)).toMatchObject({ name });
});

test('a long text is cut', () => {
  const long = 'x'.repeat(1_000_000);
  for (const format of ['json', 'text'] as const) {
    const [line = ''] = logged({ format }, (log) => log.warn('late', { long, error: new Error(long) }));
    expect(line.length).toBeLessThan(60_000);
    expect(line).toContain('x… (1000000 characters)');
  }
});

const at = (error: Error): Error => Object.assign(error, { stack: `${error.name}: ${error.message}\n    at here` });
const failed = (error: Error) => (log: ReturnType<typeof createLogger>) => log.warn('failed', { error });

test('a JSON line has the error’s message, and its stack with those of its causes', () => {
  const error = at(new Error('no answer', { cause: at(new TypeError('x is undefined')) }));
  const [line = ''] = logged({}, failed(error));
  expect(JSON.parse(line)).toMatchObject({
    error: 'no answer (cause: x is undefined)',
    stack: 'Error: no answer\n    at here\ncaused by: TypeError: x is undefined\n    at here',
  });
});

test('a text line has the message, and the stack below it for a fault of the program, or with the level debug', () => {
  const answer = at(new Error('no answer'));
  expect(logged({ format: 'text' }, failed(answer))).toEqual(['10:00:00.250 warn  failed  error=no answer\n']);
  expect(logged({ level: 'debug', format: 'text' }, failed(answer))).toEqual([
    '10:00:00.250 warn  failed  error=no answer\n  Error: no answer\n      at here\n',
  ]);
  expect(logged({ format: 'text' }, failed(at(new TypeError('x is undefined'))))).toEqual([
    '10:00:00.250 warn  failed  error=x is undefined\n  TypeError: x is undefined\n      at here\n',
  ]);
});

test('a cause is said once, all errors of several are said, and a circle of causes ends', () => {
  const message = (error: Error): unknown =>
    (JSON.parse(logged({}, failed(error))[0] ?? '') as { error: string }).error;
  expect(message(new Error('GET /x: refused', { cause: new Error('refused') }))).toBe('GET /x: refused');
  expect(message(new AggregateError([new Error('one'), 'two'], 'several'))).toBe('several (cause: one; two)');
  const circle = new Error('round');
  circle.cause = new Error('and', { cause: circle });
  expect(message(circle)).toMatch(/^round \(cause: and/);
});

test('lines below the level are not written', () => {
  const all = (log: ReturnType<typeof createLogger>) =>
    (['debug', 'info', 'warn', 'error'] as const).forEach((level) => log[level](level));
  expect(logged({ level: 'warn', format: 'text' }, all)).toHaveLength(2);
  expect(logged({ level: 'debug', format: 'text' }, all)).toHaveLength(4);
});

test('a JSON line has the active span, so that it is found from the trace and the trace from it', () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const span = { traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331', traceFlags: 1 };
  const [inside = '', outside = ''] = logged({ correlation: activeSpanFields }, (log) => {
    context.with(trace.setSpanContext(ROOT_CONTEXT, span), () => log.info('a pod was created'));
    log.info('synced');
  });
  expect(JSON.parse(inside)).toMatchObject({ trace_id: span.traceId, span_id: span.spanId });
  expect(JSON.parse(outside)).not.toHaveProperty('trace_id');
});
