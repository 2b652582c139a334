import { describe, expect, test } from '@jest/globals';

import { withInboundParent } from '../../../../cli/follow/inbound-parent.ts';
import type { PipelineRun } from '../../../../shared/tekton/types.ts';

const run: PipelineRun = { kind: 'PipelineRun', metadata: { name: 'build', namespace: 'ci' }, spec: {} };

describe('TRACEPARENT', () => {
  const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
  const parentOf = (env: Record<string, string>) =>
    withInboundParent(run, env).metadata.annotations?.['tekton/parent-span-context'];

  test('becomes the run’s parent, with its tracestate', () => {
    expect(parentOf({ TRACEPARENT: traceparent })).toBe(JSON.stringify({ traceparent }));
    expect(parentOf({ TRACEPARENT: traceparent, TRACESTATE: 'v=1' })).toBe(
      JSON.stringify({ traceparent, tracestate: 'v=1' }),
    );
  });

  test('loses a tracestate that does not fit, not the parent', () => {
    expect(parentOf({ TRACEPARENT: traceparent, TRACESTATE: 'x'.repeat(20_000) })).toBe(
      JSON.stringify({ traceparent }),
    );
  });

  test('that is malformed or absent changes nothing', () => {
    expect(withInboundParent(run, { TRACEPARENT: 'x' })).toBe(run);
    expect(withInboundParent(run, {})).toBe(run);
  });
});
