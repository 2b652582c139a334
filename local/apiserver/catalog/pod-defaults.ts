import { isObject, objectsIn } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';

const probeDefaults = { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 };

const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const imageName = new RegExp(`^(?:[\\w.-]+(?::\\d+)?/)?${component}(?:/${component})*$`);

/** Whether a text names an image, before its tag or digest; the name of its registry may have capitals. */
function isImageName(text: string): boolean {
  const [named = ''] = text.split('@', 1);
  return imageName.test(named.replace(/:[^/:]+$/, ''));
}

function pullPolicy(image: unknown): string {
  const text = typeof image === 'string' ? image : '';
  if (!isImageName(text)) return 'IfNotPresent';
  const tag = text.includes('@') ? 'digest' : (/:([^/:]+)$/.exec(text)?.[1] ?? 'latest');
  return tag === 'latest' ? 'Always' : 'IfNotPresent';
}

/** A limit is the default of its request. */
function defaultRequests(resources: unknown): void {
  if (isObject(resources) && isObject(resources['limits'])) {
    resources['requests'] = {
      ...resources['limits'],
      ...(isObject(resources['requests']) ? resources['requests'] : {}),
    };
  }
}

function defaultContainer(container: JsonObject): void {
  container['imagePullPolicy'] ??= pullPolicy(container['image']);
  container['resources'] ??= {};
  container['terminationMessagePath'] ??= '/dev/termination-log';
  container['terminationMessagePolicy'] ??= 'File';
  for (const port of objectsIn(container['ports'])) port['protocol'] ??= 'TCP';
  for (const name of ['livenessProbe', 'readinessProbe', 'startupProbe']) {
    const probe = container[name];
    if (!isObject(probe)) continue;
    container[name] = { ...probeDefaults, ...probe };
    if (isObject(probe['httpGet'])) {
      probe['httpGet']['scheme'] ??= 'HTTP';
      probe['httpGet']['path'] ??= '/';
    }
  }
  for (const entry of objectsIn(container['env'])) {
    const from = isObject(entry['valueFrom']) ? entry['valueFrom']['fieldRef'] : undefined;
    if (isObject(from)) from['apiVersion'] ??= 'v1';
  }
}

const FILE_MODE = 0o644;
const volumeModes = ['configMap', 'secret', 'projected', 'downwardAPI'];
const TOKEN_LIFETIME_SECONDS = 3600;

function defaultVolume(volume: JsonObject): void {
  for (const kind of volumeModes) {
    if (isObject(volume[kind])) volume[kind]['defaultMode'] ??= FILE_MODE;
  }
  if (isObject(volume['hostPath'])) volume['hostPath']['type'] ??= '';
  const downward = isObject(volume['downwardAPI']) ? [volume['downwardAPI']] : [];
  const projected = isObject(volume['projected']) ? objectsIn(volume['projected']['sources']) : [];
  for (const source of projected) {
    const token = source['serviceAccountToken'];
    if (isObject(token)) token['expirationSeconds'] ??= TOKEN_LIFETIME_SECONDS;
    if (isObject(source['downwardAPI'])) downward.push(source['downwardAPI']);
  }
  for (const item of downward.flatMap((source) => objectsIn(source['items']))) {
    if (isObject(item['fieldRef'])) item['fieldRef']['apiVersion'] ??= 'v1';
  }
  const template = isObject(volume['ephemeral']) ? volume['ephemeral']['volumeClaimTemplate'] : undefined;
  if (isObject(template) && isObject(template['spec'])) template['spec']['volumeMode'] ??= 'Filesystem';
}

/** Sets a Pod's defaults as Kubernetes does, in place. */
export function defaultPod(pod: KubeObject): void {
  defaultPodTemplate(pod);
  const spec = pod['spec'] as JsonObject;
  spec['enableServiceLinks'] ??= true;
  const { status } = pod;
  if (isObject(status) && status['podIP'] !== undefined) status['podIPs'] ??= [{ ip: status['podIP'] }];
  for (const container of [...objectsIn(spec['containers']), ...objectsIn(spec['initContainers'])])
    defaultRequests(container['resources']);
}

/** The same for a Pod template, in place. */
export function defaultPodTemplate(pod: KubeObject): void {
  const spec = isObject(pod['spec']) ? pod['spec'] : (pod['spec'] = {} as JsonObject);
  spec['restartPolicy'] ??= 'Always';
  spec['dnsPolicy'] ??= 'ClusterFirst';
  spec['schedulerName'] ??= 'default-scheduler';
  spec['securityContext'] ??= {};
  spec['terminationGracePeriodSeconds'] ??= 30;
  if (Number(spec['terminationGracePeriodSeconds']) < 0) spec['terminationGracePeriodSeconds'] = 1;
  if (spec['serviceAccountName'] !== undefined) spec['serviceAccount'] ??= spec['serviceAccountName'];
  for (const container of [...objectsIn(spec['containers']), ...objectsIn(spec['initContainers'])])
    defaultContainer(container);
  for (const volume of objectsIn(spec['volumes'])) {
    const sources = Object.keys(volume).filter((key) => key !== 'name');
    if (sources.length === 0) volume['emptyDir'] = {};
    defaultVolume(volume);
  }
}
