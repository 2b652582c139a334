import { existsSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import { parse } from 'yaml';

interface KubeconfigFile {
  users?: { name?: string; user?: { tokenFile?: string; exec?: { command?: string } } }[];
}

/** Adds fields of users that client-node ignores: `tokenFile`, and a plugin's command relative to the kubeconfig. As in client-go, a token file wins over a token. */
function addUserFiles(config: KubeConfig, file: string): void {
  const { users } = (parse(readFileSync(file, 'utf8')) ?? {}) as KubeconfigFile;
  if (!Array.isArray(users)) return;
  const beside = (name: string): string => path.resolve(path.dirname(file), name);
  config.users = config.users.map((known) => {
    const user = users.find(({ name }) => name === known.name)?.user;
    const command = user?.exec?.command;
    if (user?.tokenFile) {
      const { token: _token, ...rest } = known;
      return { ...rest, authProvider: { name: 'tokenFile', config: { tokenFile: beside(user.tokenFile) } } };
    }
    if (!command?.includes('/') || path.isAbsolute(command)) return known;
    return { ...known, exec: { ...(known.exec as object), command: beside(command) } };
  });
}

/** The files that `loadFromDefault` reads. It refuses a user that is in two of them. */
function defaultFiles(): string[] {
  const listed = process.env.KUBECONFIG?.split(path.delimiter).filter((file) => file !== '') ?? [];
  return listed.length > 0 ? listed : [path.join(process.env.HOME ?? homedir(), '.kube', 'config')];
}

/**
 * The cluster and our credentials: from a kubeconfig's text, a file, else KUBECONFIG, else the Pod's service account, else ~/.kube/config.
 * Throws an Error with what to set if none of them has a cluster.
 */
export function loadKubeConfig(source: { text?: string; file?: string } = {}): KubeConfig {
  const config = new KubeConfig();
  if (source.text !== undefined) config.loadFromString(source.text);
  else if (source.file !== undefined) {
    config.loadFromFile(source.file);
    addUserFiles(config, source.file);
  } else if (process.env.KUBECONFIG === undefined && process.env.KUBERNETES_SERVICE_HOST !== undefined)
    config.loadFromCluster();
  else {
    config.loadFromDefault();
    for (const file of defaultFiles()) if (existsSync(file)) addUserFiles(config, file);
  }
  const server = config.getCurrentCluster()?.server;
  const context = config.getCurrentContext();
  if (!server && context && !config.getContextObject(context)) {
    const others = config.getContexts().map(({ name }) => name);
    throw new Error(
      `its current context ${JSON.stringify(context)} is not in it${others.length > 0 ? `: kubectl config use-context ${others.join('|')}` : ''}`,
    );
  }
  if (!server || (server === 'http://localhost:8080' && config.getCurrentUser()?.name === 'user')) {
    throw new Error('no cluster found: set KUBECONFIG (or --kubeconfig) to a kubeconfig with a current context');
  }
  return config;
}
