import { loadKubeConfig } from '../../shared/kubernetes/kubeconfig.ts';
import { CommandError, reasonOf } from '../errors.ts';

type KubeConfig = ReturnType<typeof loadKubeConfig>;

/** The kubeconfig that `--kubeconfig` names, else the default one. Throws CommandError (exit 2) when it can't be read or has no cluster. */
export function readKubeconfig(file: string | undefined): KubeConfig {
  try {
    return loadKubeConfig(file === undefined ? {} : { file });
  } catch (error) {
    const reason = reasonOf(error).split('\n')[0] ?? '';
    const { KUBECONFIG } = process.env;
    const named = file === undefined ? KUBECONFIG && `KUBECONFIG=${KUBECONFIG}` : `--kubeconfig ${file}`;
    throw new CommandError(named ? `${named}: ${reason}` : reason);
  }
}

/** kubectl's namespace: that of the current context, else `default`. */
export function contextNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace || 'default';
}
