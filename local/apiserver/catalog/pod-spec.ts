import { duplicate, invalid, notFoundField, notSupported, required } from '../field-errors.ts';
import type { FieldError } from '../field-errors.ts';
import { dnsLabelProblems } from '../names.ts';
import { isObject, objectsIn, textAt } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../qualified-name.ts';
import { checkContainer, checkProbes, checkVolume } from './pod-containers.ts';

const MAX_INT32 = 2 ** 31 - 1;
const restartPolicies = ['Always', 'OnFailure', 'Never'];
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None'];
const taintEffects = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function checkLabel(value: unknown, field: string): FieldError[] {
  return dnsLabelProblems(textAt(value)).map((problem) => invalid(field, value, problem));
}

function checkName(value: unknown, field: string): FieldError[] {
  return textAt(value) === '' ? [required(field)] : checkLabel(value, field);
}

/** Only valid volumes count for unique names and for mounts. */
function checkVolumes(spec: JsonObject, volumes: Set<string>): FieldError[] {
  return objectsIn(spec['volumes']).flatMap((volume, index) => {
    const field = `spec.volumes[${index}]`;
    const name = textAt(volume, 'name');
    const errors = [
      ...checkVolume(volume, field),
      ...checkName(name, `${field}.name`),
      ...(volumes.has(name) ? [duplicate(`${field}.name`, name)] : []),
    ];
    if (errors.length === 0) volumes.add(name);
    return errors;
  });
}

function checkMounts(container: JsonObject, field: string, volumes: Set<string>): FieldError[] {
  const seen = new Set<string>();
  return objectsIn(container['volumeMounts']).flatMap((mount, index) => {
    const at = `${field}.volumeMounts[${index}]`;
    const name = textAt(mount, 'name');
    const path = textAt(mount, 'mountPath');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${at}.name`));
    else if (!volumes.has(name)) errors.push(notFoundField(`${at}.name`, name));
    if (path === '') errors.push(required(`${at}.mountPath`));
    else if (seen.has(path)) errors.push(invalid(`${at}.mountPath`, path, 'must be unique'));
    seen.add(path);
    return errors;
  });
}

/** Names are unique among all containers. Duplicates within the first kind have an error already. */
function checkContainers(spec: JsonObject, volumes: Set<string>): FieldError[] {
  const names = new Set<string>();
  const containers = objectsIn(spec['containers']);
  const none = containers.length === 0 ? [required('spec.containers')] : [];
  const found = ['containers', 'initContainers'].flatMap((list) =>
    objectsIn(spec[list]).flatMap((container, index) => {
      const field = `spec.${list}[${index}]`;
      const name = textAt(container, 'name');
      const errors = [
        ...checkName(name, `${field}.name`),
        ...(container['image'] ? [] : [required(`${field}.image`)]),
        ...checkContainer(container, field, checkMounts(container, field, volumes)),
        ...(names.has(name) ? [duplicate(`${field}.name`, name)] : []),
        ...(list === 'containers' ? checkProbes(container, field) : []),
      ];
      if (list === 'containers' || name !== '') names.add(name);
      return errors;
    }),
  );
  return [...none, ...found];
}

function checkOneOf(spec: JsonObject, key: string, supported: string[]): FieldError[] {
  const value = textAt(spec, key);
  if (value === '') return [required(`spec.${key}`)];
  return supported.includes(value) ? [] : [notSupported(`spec.${key}`, value, supported)];
}

function checkNodeSelector(spec: JsonObject): FieldError[] {
  const selector = isObject(spec['nodeSelector']) ? spec['nodeSelector'] : {};
  return Object.entries(selector).flatMap(([key, value]) => [
    ...qualifiedNameProblems(key).map((problem) => invalid('spec.nodeSelector', key, problem)),
    ...labelValueProblems(textAt(value)).map((problem) => invalid('spec.nodeSelector', value, problem)),
  ]);
}

function checkDeadline({ activeDeadlineSeconds: seconds }: JsonObject): FieldError[] {
  if (typeof seconds !== 'number' || (seconds >= 1 && seconds <= MAX_INT32)) return [];
  return [invalid('spec.activeDeadlineSeconds', seconds, `must be between 1 and ${MAX_INT32}, inclusive`)];
}

function checkOperator(toleration: JsonObject, field: string): FieldError[] {
  const [operator, value] = [textAt(toleration, 'operator'), textAt(toleration, 'value')];
  switch (operator) {
    case 'Equal':
    case '': {
      const problems = labelValueProblems(value);
      return problems.length === 0 ? [] : [invalid(field, value, problems.join(';'))];
    }
    case 'Exists':
      return value === '' ? [] : [invalid(field, value, "value must be empty when `operator` is 'Exists'")];
    case 'Lt':
    case 'Gt':
      return [notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt'])];
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])];
  }
}

/** The errors in a Pod's tolerations (ValidateTolerations). */
export function checkTolerations(tolerations: unknown): FieldError[] {
  return objectsIn(tolerations).flatMap((toleration, index) => {
    const field = `spec.tolerations[${index}]`;
    const [key, effect] = [textAt(toleration, 'key'), textAt(toleration, 'effect')];
    const { operator, tolerationSeconds } = toleration;
    const all = 'operator must be Exists when `key` is empty, which means "match all values and all keys"';
    return [
      ...(key === '' ? [] : qualifiedNameProblems(key).map((problem) => invalid(`${field}.key`, key, problem))),
      ...(key === '' && operator !== 'Exists' ? [invalid(`${field}.operator`, operator ?? '', all)] : []),
      ...(tolerationSeconds !== undefined && effect !== 'NoExecute'
        ? [invalid(`${field}.effect`, effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")]
        : []),
      ...checkOperator(toleration, `${field}.operator`),
      ...(effect === '' || taintEffects.includes(effect)
        ? []
        : [notSupported(`${field}.effect`, effect, taintEffects)]),
    ];
  });
}

/** The errors in a Pod or Pod template: the parts of ValidatePodSpec that concern the Pods of runs. */
export function validatePod(pod: KubeObject): FieldError[] {
  const spec = isObject(pod['spec']) ? pod['spec'] : {};
  const volumes = new Set<string>();
  const names = (['serviceAccountName', 'nodeName'] as const).flatMap((key) =>
    textAt(spec, key) === ''
      ? []
      : subdomainProblems(textAt(spec, key)).map((problem) => invalid(`spec.${key}`, spec[key], problem)),
  );
  const labels = ['hostname', 'subdomain'].flatMap((key) =>
    textAt(spec, key) === '' ? [] : checkLabel(spec[key], `spec.${key}`),
  );
  return [
    ...checkVolumes(spec, volumes),
    ...checkContainers(spec, volumes),
    ...checkOneOf(spec, 'restartPolicy', restartPolicies),
    ...checkOneOf(spec, 'dnsPolicy', dnsPolicies),
    ...checkNodeSelector(spec),
    ...names,
    ...checkDeadline(spec),
    ...labels,
    ...checkTolerations(spec['tolerations']),
  ];
}
