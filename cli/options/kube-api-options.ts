import type { KubeClientOptions } from '../../shared/kubernetes/client.ts';
import { CommandError } from '../errors.ts';
import { text } from './options.ts';
import type { OptionHelp, OptionValues } from './options.ts';

/** Named as those of Tekton's and Kubernetes' controllers. */
export const kubeApiOptions: Record<string, OptionHelp> = {
  'kube-api-qps': {
    type: 'string',
    value: 'N',
    help: 'Requests per second to the API server, on average (default 0: no limit here;\nthe API server has its own, priority and fairness).',
  },
  'kube-api-burst': { type: 'string', value: 'N', help: 'Requests at once (default twice --kube-api-qps).' },
};

function amount(values: OptionValues, name: string): number | undefined {
  const value = text(values, name);
  if (value === undefined) return undefined;
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new CommandError(`--${name}: ${JSON.stringify(value)} is not a number of requests`);
  return number;
}

/** The client's own rate limit, where there is one. Throws CommandError for values that make no sense. */
export function rateLimit(values: OptionValues): Pick<KubeClientOptions, 'rateLimit'> {
  const qps = amount(values, 'kube-api-qps') ?? 0;
  const burst = amount(values, 'kube-api-burst') ?? Math.max(2 * qps, 1);
  if (qps === 0) {
    if (values['kube-api-burst'] !== undefined) throw new CommandError('--kube-api-burst: needs --kube-api-qps');
    return {};
  }
  if (burst < 1) throw new CommandError('--kube-api-burst: must be at least 1, or no request is ever sent');
  return { rateLimit: { qps, burst } };
}
