import { forbiddenField, invalid, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { isObject, objectsIn, sameJson, valueAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { defaultPod } from './pod-defaults.ts';
import { qosClass } from './pod-qos.ts';
import { checkTolerations, validatePod } from './pod-spec.ts';
import type { Strategy } from './resource-type.ts';

const MAX_INT32 = 2 ** 31 - 1;

/** A Pod's spec without the mutable fields. */
function fixedSpec(pod: KubeObject): unknown {
  const spec = structuredClone(isObject(pod['spec']) ? pod['spec'] : {});
  for (const field of ['activeDeadlineSeconds', 'tolerations']) delete spec[field];
  for (const container of [...objectsIn(spec['containers']), ...objectsIn(spec['initContainers'])])
    delete container['image'];
  return spec;
}

function changedContainers(pod: KubeObject, old: KubeObject, list: string): FieldError[] | 'other' {
  const [now, before] = [objectsIn(valueAt(pod, 'spec', list)), objectsIn(valueAt(old, 'spec', list))];
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
function changedTolerations(pod: KubeObject, old: KubeObject): FieldError[] {
  const kept = ({ tolerationSeconds: _seconds, ...rest }: JsonObject): JsonObject => rest;
  const now = objectsIn(valueAt(pod, 'spec', 'tolerations')).map(kept);
  const isLost = objectsIn(valueAt(old, 'spec', 'tolerations')).some(
    (one) => !now.some((other) => sameJson(kept(one), other)),
  );
  return isLost
    ? [forbiddenField('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
    : checkTolerations(valueAt(pod, 'spec', 'tolerations'));
}

/** The errors in an update of a Pod: only a few fields may change (ValidatePodUpdate). */
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
  errors.push(...changedTolerations(pod, old));
  return sameJson(fixedSpec(pod), fixedSpec(old)) ? errors : [...errors, forbiddenField('spec', immutable)];
}

const immutable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

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
