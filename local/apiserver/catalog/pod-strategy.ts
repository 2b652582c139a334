import { duplicate, forbiddenField, invalid, notFoundField, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, sameJson, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { checkContainer, checkVolume } from './pod-containers.ts';
import { defaultPod } from './pod-defaults.ts';
import type { Strategy } from './resource-type.ts';

const dnsLabel = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function objects(value: unknown): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function checkName(value: unknown, field: string, seen: Set<string>): FieldError[] {
  if (typeof value !== 'string' || value === '') return [required(field)];
  if (!dnsLabel.test(value) || value.length > 63) return [invalid(field, value, labelRule)];
  if (seen.has(value)) return [duplicate(field, value)];
  seen.add(value);
  return [];
}

function checkMounts(container: JsonObject, field: string, volumes: Set<string>): FieldError[] {
  const seen = new Set<string>();
  return objects(container['volumeMounts']).flatMap((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const name = typeof mount['name'] === 'string' ? mount['name'] : '';
    const path = typeof mount['mountPath'] === 'string' ? mount['mountPath'] : '';
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    else if (seen.has(path)) errors.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    seen.add(path);
    return errors;
  });
}

/** What is wrong with a Pod, or with a template of one. */
export function validatePod(pod: KubeObject): FieldError[] {
  const spec = isObject(pod['spec']) ? pod['spec'] : {};
  const errors: FieldError[] = [];
  const volumes = new Set<string>();
  objects(spec['volumes']).forEach((volume, index) =>
    errors.push(
      ...checkName(volume['name'], `spec.volumes[${index}].name`, volumes),
      ...checkVolume(volume, `spec.volumes[${index}]`),
    ),
  );
  const names = new Set<string>();
  const containers = objects(spec['containers']);
  if (containers.length === 0) errors.push(required('spec.containers'));
  for (const list of ['containers', 'initContainers']) {
    objects(spec[list]).forEach((container, index) => {
      const field = `spec.${list}[${index}]`;
      const named = checkName(container['name'], `${field}.name`, names);
      const isTwice = named[0]?.reason === 'FieldValueDuplicate';
      const image = container['image'] ? [] : [required(`${field}.image`)];
      errors.push(...(isTwice ? [...image, ...named] : [...named, ...image]));
      errors.push(...checkMounts(container, field, volumes), ...checkContainer(container, field));
    });
  }
  if (!['Always', 'OnFailure', 'Never'].includes(String(spec['restartPolicy']))) {
    errors.push(notSupported('spec.restartPolicy', spec['restartPolicy'] ?? '', ['Always', 'OnFailure', 'Never']));
  }
  return errors;
}

/** A Pod's spec without what an update may change. */
function fixedSpec(pod: KubeObject): unknown {
  const spec = structuredClone(isObject(pod['spec']) ? pod['spec'] : {});
  for (const field of ['activeDeadlineSeconds', 'terminationGracePeriodSeconds', 'tolerations']) delete spec[field];
  for (const container of [...objects(spec['containers']), ...objects(spec['initContainers'])])
    delete container['image'];
  return spec;
}

const immutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

export function qosClass(pod: KubeObject): string {
  const resources = objects(valueAt(pod, 'spec', 'containers')).map((container) =>
    isObject(container['resources']) ? container['resources'] : {},
  );
  const named = (kind: string): JsonObject[] => resources.map((one) => (isObject(one[kind]) ? one[kind] : {}));
  const limits = named('limits');
  const requests = named('requests');
  if ([...limits, ...requests].every((one) => Object.keys(one).length === 0)) return 'BestEffort';
  const guaranteed = limits.every((limit, index) => {
    const request = requests[index] ?? {};
    return ['cpu', 'memory'].every(
      (name) => limit[name] !== undefined && (request[name] === undefined || request[name] === limit[name]),
    );
  });
  return guaranteed ? 'Guaranteed' : 'Burstable';
}

export const podStrategy: Strategy = {
  applyDefaults: defaultPod,
  prepareForCreate(pod) {
    pod['status'] = { phase: 'Pending', qosClass: qosClass(pod) };
  },
  prepareForStatusUpdate(pod, old) {
    if (isObject(pod['status'])) pod['status']['qosClass'] ??= valueAt(old, 'status', 'qosClass');
  },
  validate: validatePod,
  validateUpdate: (pod, old) => (sameJson(fixedSpec(pod), fixedSpec(old)) ? [] : [forbiddenField('spec', immutable)]),
};
