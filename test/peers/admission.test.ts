import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startApiServer } from '../../local/apiserver/server.ts';
import type { RunningApiServer } from '../../local/apiserver/server.ts';
import { conditionCases } from './support/admission/conditions.ts';
import { configurationCases } from './support/admission/configurations.ts';
import { startBench } from './support/admission/bench.ts';
import type { AdmissionCase, Bench } from './support/admission/bench.ts';
import { failureCases } from './support/admission/failures.ts';
import { matchingCases } from './support/admission/matching.ts';
import { normalised } from './support/admission/normalise.ts';
import { protocolCases } from './support/admission/protocol.ts';
import { startKubeApiserver } from './support/kube-apiserver.ts';
import type { KubeApiserver } from './support/kube-apiserver.ts';

const cases: AdmissionCase[] = [...failureCases, ...protocolCases, ...matchingCases, ...conditionCases];

describe('the embedded API server does at admission what the real one does', () => {
  let real: KubeApiserver;
  let embedded: RunningApiServer;
  let benches: { real: Bench; embedded: Bench };

  beforeAll(async () => {
    [real, embedded] = await Promise.all([startKubeApiserver(), startApiServer()]);
    const { kubeconfig } = real;
    benches = {
      real: await startBench({ ...real, kubeconfig: () => Promise.resolve(kubeconfig) }, cases),
      embedded: await startBench(embedded, cases),
    };
  }, 300_000);
  afterAll(async () => {
    await Promise.all([benches.real.close(), benches.embedded.close()]);
    await Promise.all([real.stop(), embedded.close()]);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const expected = await benches.real.observe(one);
    expect(await benches.embedded.observe(one)).toEqual(expected);
  });

  test.each(configurationCases.map((one) => [one.name, one] as const))('%s', async (_name, { path, body }) => {
    const answer = async ({ client }: Bench): Promise<unknown> => {
      const { code, body: said, headers } = await client.request('POST', path, body);
      return normalised({ code, said, warning: headers['warning'] });
    };
    expect(await answer(benches.embedded)).toEqual(await answer(benches.real));
  });
});
