import { expect, test } from '@jest/globals';

import { findTraceSource } from '../../../cli/trace-source.ts';

test('headers for a Jaeger that is not named are refused, and not left out without a word', async () => {
  await expect(findTraceSource(undefined, '/x/kubeconfig', '/x/headers')).rejects.toThrow(
    '--jaeger-headers-file is for a Jaeger: name it with --jaeger-query-url, too',
  );
});

test('without a Jaeger and without a trace store beside the kubeconfig there is no source', async () => {
  expect(await findTraceSource(undefined, '/x/kubeconfig')).toBeUndefined();
});
