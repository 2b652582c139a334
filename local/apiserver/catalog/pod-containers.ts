import { forbiddenField, invalid, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, objectsIn, textAt } from '../object.ts';
import type { JsonObject } from '../object.ts';
import { quantityNanos } from '../schema/quantities.ts';

const MAX_PORT = 65_535;
const pullPolicies = ['Always', 'IfNotPresent', 'Never'];
const probeHandlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];
/** What `fieldRef` may name, besides one label or annotation. */
const podFields = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];
const oneOfMap = /^metadata\.(labels|annotations)\['.+'\]$/;

/** A quantity in billionths, 0 if absent. Decoding has refused invalid ones. */
export function amount(quantity: unknown): bigint {
  return typeof quantity === 'string' ? quantityNanos(quantity) : 0n;
}

function checkFieldPath(reference: unknown, field: string): FieldError[] {
  if (!isObject(reference)) return [];
  const path = typeof reference['fieldPath'] === 'string' ? reference['fieldPath'] : '';
  if (path === '') return [required(`${field}.fieldPath`)];
  if (podFields.includes(path) || oneOfMap.test(path)) return [];
  return [invalid(`${field}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`)];
}

function checkEnv(container: JsonObject, field: string): FieldError[] {
  return objectsIn(container['env']).flatMap((entry, index) => {
    const at = `${field}.env[${index}]`;
    const from = entry['valueFrom'];
    const hasBoth = from !== undefined && (entry['value'] ?? '') !== '';
    return [
      ...((entry['name'] ?? '') === '' ? [required(`${at}.name`)] : []),
      ...(hasBoth ? [invalid(`${at}.valueFrom`, '', 'may not be specified when `value` is not empty')] : []),
      ...(isObject(from) ? checkFieldPath(from['fieldRef'], `${at}.valueFrom.fieldRef`) : []),
    ];
  });
}

function checkProbe(container: JsonObject, name: string, field: string): FieldError[] {
  const probe = container[name];
  if (!isObject(probe)) return [];
  const handlers = probeHandlers.filter((handler) => probe[handler] !== undefined);
  if (handlers.length === 0) return [required(`${field}.${name}`, 'must specify a handler type')];
  return handlers
    .slice(1)
    .map((handler) => forbiddenField(`${field}.${name}.${handler}`, 'may not specify more than 1 handler type'));
}

function checkPorts(container: JsonObject, field: string): FieldError[] {
  return objectsIn(container['ports']).flatMap(({ containerPort: port }, index) => {
    const at = `${field}.ports[${index}].containerPort`;
    if (port === undefined || port === 0) return [required(at)];
    const fits = typeof port === 'number' && port > 0 && port <= MAX_PORT;
    return fits ? [] : [invalid(at, port, `must be between 1 and ${MAX_PORT}, inclusive`)];
  });
}

function checkResources(container: JsonObject, field: string): FieldError[] {
  const resources = isObject(container['resources']) ? container['resources'] : {};
  const limits = isObject(resources['limits']) ? resources['limits'] : {};
  const requests = isObject(resources['requests']) ? resources['requests'] : {};
  const at = `${field}.resources`;
  const negative = (path: string, value: unknown): FieldError[] =>
    amount(value) < 0n ? [invalid(path, value, 'must be greater than or equal to 0')] : [];
  const overLimit = (name: string, request: unknown): FieldError[] => {
    const limit = limits[name];
    if (limit === undefined || amount(request) <= amount(limit)) return [];
    const problem = `must be less than or equal to ${name} limit of ${textAt(limits, name)}`;
    return [invalid(`${at}.requests`, request, problem)];
  };
  return [
    ...Object.entries(limits).flatMap(([name, limit]) => negative(`${at}.limits[${name}]`, limit)),
    ...Object.entries(requests).flatMap(([name, request]) => [
      ...negative(`${at}.requests[${name}]`, request),
      ...overLimit(name, request),
    ]),
  ];
}

/** The errors in a container's probes. */
export function checkProbes(container: JsonObject, field: string): FieldError[] {
  return ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((name) => checkProbe(container, name, field));
}

/** The errors in a container, without its name, image and probes; `mounts` are those in its mounts. */
export function checkContainer(container: JsonObject, field: string, mounts: FieldError[]): FieldError[] {
  const policy = container['imagePullPolicy'];
  return [
    ...checkPorts(container, field),
    ...checkEnv(container, field),
    ...mounts,
    ...(policy === undefined || pullPolicies.some((one) => one === policy)
      ? []
      : [notSupported(`${field}.imagePullPolicy`, policy, pullPolicies)]),
    ...checkResources(container, field),
  ];
}

/** The errors in a volume, without its name. */
export function checkVolume(volume: JsonObject, field: string): FieldError[] {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  const errors = sources
    .slice(1)
    .map((source) => forbiddenField(`${field}.${source}`, 'may not specify more than 1 volume type'));
  const { secret, configMap } = volume;
  if (isObject(secret) && errors.length === 0 && !secret['secretName'])
    errors.push(required(`${field}.secret.secretName`));
  if (isObject(configMap) && errors.length === 0 && !configMap['name'])
    errors.push(required(`${field}.configMap.name`));
  return errors;
}
