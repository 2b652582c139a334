import { duplicate, forbiddenField, invalid, notFoundField, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, sameJson, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { checkContainer, checkVolume } from './pod-containers.ts';
import { defaultPod } from './pod-defaults.ts';
import type { Strategy } from './resource-type.ts';

const MAX_INT32 = 2 ** 31 - 1;
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
  for (const field of ['activeDeadlineSeconds', 'tolerations']) delete spec[field];
  for (const container of [...objects(spec['containers']), ...objects(spec['initContainers'])])
    delete container['image'];
  return spec;
}

function changedContainers(pod: KubeObject, old: KubeObject, list: string): FieldError[] | 'other' {
  const [now, before] = [objects(valueAt(pod, 'spec', list)), objects(valueAt(old, 'spec', list))];
  if (now.length !== before.length) return 'other';
  return now.flatMap(({ image }, index) => {
    const field = `spec.${list}[${index}].image`;
    if (typeof image !== 'string' || image === '') return [required(field)];
    return image.trim() === image ? [] : [invalid(field, image, 'must not have leading or trailing whitespace')];
  });
}

function checkDeadline(pod: KubeObject, old: KubeObject): FieldError[] {
  const field = 'spec.activeDeadlineSeconds';
  const [now, before] = [valueAt(pod, 'spec', 'activeDeadlineSeconds'), valueAt(old, 'spec', 'activeDeadlineSeconds')];
  if (typeof now !== 'number')
    return before === undefined ? [] : [invalid(field, null, 'must not update from a positive integer to nil value')];
  if (now < 0 || now > MAX_INT32) return [invalid(field, now, `must be between 0 and ${MAX_INT32}, inclusive`)];
  return typeof before === 'number' && before < now
    ? [invalid(field, now, 'must be less than or equal to previous value')]
    : [];
}

/** Tolerations may be added, and their seconds changed. */
function checkTolerations(pod: KubeObject, old: KubeObject): FieldError[] {
  const kept = ({ tolerationSeconds: _seconds, ...rest }: JsonObject): JsonObject => rest;
  const now = objects(valueAt(pod, 'spec', 'tolerations')).map(kept);
  const isLost = objects(valueAt(old, 'spec', 'tolerations')).some(
    (one) => !now.some((other) => sameJson(kept(one), other)),
  );
  return isLost
    ? [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
    : [];
}

/** What an update of a Pod changes that it may not: only a few fields may change (ValidatePodUpdate). */
function checkChange(pod: KubeObject, old: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const list of ['containers', 'initContainers']) {
    const found = changedContainers(pod, old, list);
    if (found === 'other')
      return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')];
    errors.push(...found);
  }
  const deadline = checkDeadline(pod, old);
  errors.push(...deadline);
  if (deadline.length > 0 && valueAt(pod, 'spec', 'activeDeadlineSeconds') !== undefined) return errors;
  errors.push(...checkTolerations(pod, old));
  return sameJson(fixedSpec(pod), fixedSpec(old)) ? errors : [...errors, forbiddenField('spec', immutable)];
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
  isValidatedAnew: true,
  validateUpdate: (pod, old, content) => [...content, ...checkChange(pod, old)],
};
