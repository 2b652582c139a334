import { finding } from './finding.ts';
import type { Finding } from './finding.ts';
import { helmUpgrade, optionOf, optionsOf } from './installation.ts';
import type { Deployment } from './installation.ts';

/** The share of the namespace's runs that the webhook samples, from 0 to 1; undefined if its Deployment does not say it. */
function shareOf(webhook: Deployment | undefined, namespace: string): number | undefined {
  if (!webhook) return undefined;
  const own = optionsOf(webhook, 'sample-namespace').find((pair) => pair.startsWith(`${namespace}=`));
  const share = own?.slice(namespace.length + 1) ?? optionOf(webhook, 'sample-ratio');
  return share === undefined ? undefined : Number(share);
}

/** Whether runs are sampled: by the webhook's setting, else by the probe that it was asked about. */
export function checkSampling(isSampled: boolean, namespace: string, webhook: Deployment | undefined): Finding {
  const share = shareOf(webhook, namespace);
  if (share !== undefined && share > 0 && share < 1)
    return finding('ok', 'sampling', `a share of ${share} of the runs in ${namespace} is sampled`);
  if (isSampled && share !== 0) return finding('ok', 'sampling', 'the PipelineRun is sampled');
  return finding(
    'warning',
    'sampling',
    `${share === 0 ? `no run in ${namespace}` : 'the PipelineRun'} is ${share === 0 ? '' : 'not '}sampled: at most failures are exported`,
    `raise the share: ${helmUpgrade(webhook, '--set sampling.ratio=1')}, or sampling.namespaces for this one`,
  );
}
