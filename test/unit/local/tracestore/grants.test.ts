import { describe, expect, test } from '@jest/globals';
import { readGrants, tracesOf, withGrant } from '../../../../local/tracestore/access/grants.ts';
import { linkPath, linkStart, readLink } from '../../../../local/tracestore/access/run-link.ts';
import { createTraceTokens } from '../../../../local/tracestore/access/trace-token.ts';

const [A, B] = ['a'.repeat(32), 'b'.repeat(32)];

describe('a request is about', () => {
  test.each([
    [`/trace/${A}`, [A]],
    ['/trace/1', ['1'.padStart(32, '0')]],
    [`/api/waterfall/${A.toUpperCase()}`, [A]],
    [`/api/logs/${A}/pod-1/step-a`, [A]],
    [`/api/traces/${A}`, [A]],
    [`/api/v3/traces/${A}`, [A]],
    [linkPath({ traceId: A, token: 'x'.repeat(22) }), [A]],
    [`/r/${'a'.repeat(42)}`, undefined],
    [`/compare/${A}/${B}`, [A, B]],
    [`/api/compare/${A}/${B}`, [A, B]],
    [`/api/compare/${A}/%62${'b'.repeat(31)}`, undefined],
    [`/API/Compare/${A}/%62`, undefined],
    [`/api/compare/${A}`, undefined],
    ['/', undefined],
    ['/api/traces', undefined],
    ['/api/events', undefined],
    [`/api/v3/${A}/../traces`, undefined],
    [`//api/traces/${A}`, undefined],
    ['/trace/xyz', undefined],
  ])('%s', (path, traces) => {
    expect(tracesOf(path, {})).toEqual(traces);
  });

  test('the trace whose live events it asks for', () => {
    expect(tracesOf('/api/events', { trace: A })).toEqual([A]);
    expect(tracesOf('/api/events', { trace: [A, B] })).toBeUndefined();
    expect(tracesOf('/api/traces', { trace: A })).toBeUndefined();
  });
});

describe('the cookie of links', () => {
  test('has the traces that were opened last', () => {
    let cookie: string | undefined;
    for (let index = 0; index < 20; index += 1) cookie = withGrant(cookie, `t${index}`, `k${index}`);
    cookie = withGrant(cookie, 't8', 'again');
    const grants = readGrants(cookie);
    expect(grants.size).toBe(12);
    expect(grants.get('t19')).toBe('k19');
    expect(grants.get('t8')).toBe('again');
    expect(grants.has('t7')).toBe(false);
  });

  test.each(['', '~~', 'x', '.', 'a.b.c'])('%j does no harm', (text) => {
    expect(() => readGrants(text)).not.toThrow();
  });
});

test('a link has the trace and its token, and begins alike for one trace', () => {
  const traceId = `${'0'.repeat(15)}${'f'.repeat(17)}`;
  for (const tokens of [createTraceTokens(), createTraceTokens()]) {
    const path = linkPath({ traceId, token: tokens.issue(traceId) });
    expect(readLink(path)).toEqual({ traceId, token: tokens.issue(traceId) });
    expect(path.startsWith(linkStart(traceId))).toBe(true);
  }
  for (const wrong of ['/r/', '/r', `/r/${'a'.repeat(44)}`, `/x/${'a'.repeat(43)}`, `/r/${'.'.repeat(43)}`])
    expect(readLink(wrong)).toBeUndefined();
});

test('a token is for one trace, and of one process', () => {
  const tokens = createTraceTokens();
  expect(tokens.allows(A, tokens.issue(A))).toBe(true);
  expect(tokens.allows(A.toUpperCase(), tokens.issue(A))).toBe(true);
  expect(tokens.allows(B, tokens.issue(A))).toBe(false);
  expect(createTraceTokens().allows(A, tokens.issue(A))).toBe(false);
  for (const wrong of ['', 'x', `${tokens.issue(A)}x`, '\u00e9'.repeat(22)])
    expect(tokens.allows(A, wrong)).toBe(false);
});
