import path from 'node:path';

import type { V1Container, V1EnvVar } from '@kubernetes/client-node';

import { MACHINE_DIRECTORIES } from '../isolation/machine-directories.ts';
import type { ObjectSource, Payload } from '../objects.ts';
import type { Pod } from '../types.ts';
import { expand } from './expand.ts';
import { fieldValue, resourceValue } from './field-ref.ts';

/** containerd's default for an image without PATH. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * A container's PATH: `DEFAULT_PATH`, then the other directories of `ownPath` (this process's PATH) that containers see in every isolation
 * (/usr/local/go/bin, /opt/x/bin; none of a home). It stands for the PATH of an image.
 */
export function searchPath(ownPath = ''): string {
  const machine = ownPath
    .split(':')
    .filter((directory) => path.posix.normalize(directory) === directory && !directory.endsWith('/'))
    .filter((directory) => MACHINE_DIRECTORIES.some((name) => directory.startsWith(`/${name}/`)))
    .filter((directory) => !directory.includes('/node_modules/')); // npm adds those of the package whose script it runs.
  return [...new Set([...DEFAULT_PATH.split(':'), ...machine])].join(':');
}

export type Environment = Record<string, string>;

/** A container's variables from the node, with lower priority than those of its spec (`own`): no API object contains them. */
export type AddedEnvironment = (pod: Pod, container: string, own: Environment) => Environment;

async function fromEnvFrom(container: V1Container, namespace: string, objects: ObjectSource): Promise<Environment> {
  const env: Environment = {};
  for (const source of container.envFrom ?? []) {
    let payload: Payload | undefined;
    if (source.configMapRef)
      payload = await objects.configMap(namespace, source.configMapRef.name ?? '', source.configMapRef.optional);
    if (source.secretRef)
      payload = await objects.secret(namespace, source.secretRef.name ?? '', source.secretRef.optional);
    for (const [key, value] of payload ?? []) env[(source.prefix ?? '') + key] = value.toString('utf8');
  }
  return env;
}

function keyOf(
  payload: Payload | undefined,
  key: string,
  optional: boolean | undefined,
  what: string,
): string | undefined {
  const value = payload?.get(key);
  if (value === undefined && !optional) throw new Error(`couldn't find key ${key} in ${what}`);
  return value?.toString('utf8');
}

async function valueOf(
  variable: V1EnvVar,
  container: V1Container,
  pod: Pod,
  objects: ObjectSource,
  env: Environment,
): Promise<string | undefined> {
  const namespace = pod.metadata.namespace ?? '';
  const from = variable.valueFrom;
  if (!from) return expand(variable.value ?? '', env);
  if (from.fieldRef) return fieldValue(pod, from.fieldRef.fieldPath);
  if (from.resourceFieldRef) return resourceValue(container, from.resourceFieldRef);
  if (from.configMapKeyRef) {
    const { name = '', key, optional } = from.configMapKeyRef;
    return keyOf(await objects.configMap(namespace, name, optional), key, optional, `ConfigMap ${namespace}/${name}`);
  }
  if (from.secretKeyRef) {
    const { name = '', key, optional } = from.secretKeyRef;
    return keyOf(await objects.secret(namespace, name, optional), key, optional, `Secret ${namespace}/${name}`);
  }
  throw new Error(
    `env ${variable.name}: valueFrom has none of fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef`,
  );
}

/**
 * The environment from the container's spec, without this process's own. Throws the kubelet's error if a referenced object does not exist.
 */
export async function specEnvironment(container: V1Container, pod: Pod, objects: ObjectSource): Promise<Environment> {
  const env = await fromEnvFrom(container, pod.metadata.namespace ?? '', objects);
  for (const variable of container.env ?? []) {
    const value = await valueOf(variable, container, pod, objects, env);
    if (value !== undefined) env[variable.name] = value;
  }
  return env;
}

/** The variables a container runtime adds below the spec's. */
export function runtimeEnvironment(hostname: string, home: string): Environment {
  return { PATH: searchPath(process.env.PATH), HOSTNAME: hostname, HOME: home };
}
