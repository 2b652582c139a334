import { isIP } from 'node:net';
import { duplicate, forbiddenField, invalid, notSupported, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { dnsLabelProblems } from '../../names.ts';
import { labelValueProblems, qualifiedNameProblems, subdomainProblems } from '../../qualified-name.ts';
import { HEADLESS, isHeadless } from './types.ts';
import type { ServicePort, ServiceSpec } from './types.ts';

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'];
const protocols = ['SCTP', 'TCP', 'UDP'];
const affinities = ['ClientIP', 'None'];
const families = ['IPv4', 'IPv6'];
const policies = ['PreferDualStack', 'RequireDualStack', 'SingleStack'];
const PORT_RANGE = 'must be between 1 and 65535, inclusive';
const MAX_PORT_NAME_LENGTH = 15;

const isPort = (port: number): boolean => Number.isInteger(port) && port >= 1 && port <= 65535;

function checkTargetPort(target: number | string, field: string): FieldError[] {
  if (typeof target === 'number') return isPort(target) ? [] : [invalid(field, target, PORT_RANGE)];
  const problems = [
    ...(target.length > MAX_PORT_NAME_LENGTH ? [`must be no more than ${MAX_PORT_NAME_LENGTH} characters`] : []),
    ...(/^[-a-z0-9]*$/.test(target) ? [] : ['must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)']),
    ...(/[a-z]/.test(target) ? [] : ['must contain at least one letter (a-z)']),
    ...(target.includes('--') ? ['must not contain consecutive hyphens'] : []),
    ...(/^-|-$/.test(target) ? ['must not begin or end with a hyphen'] : []),
  ];
  return problems.map((problem) => invalid(field, target, problem));
}

function checkPort(port: ServicePort, names: string[], isOneOfMany: boolean, field: string): FieldError[] {
  const { name = '', protocol = '', targetPort = 0 } = port;
  const errors: FieldError[] = [];
  if (isOneOfMany && name === '') errors.push(required(`${field}.name`));
  else if (name !== '') {
    errors.push(...dnsLabelProblems(name).map((problem) => invalid(`${field}.name`, name, problem)));
    if (names.includes(name)) errors.push(duplicate(`${field}.name`, name));
    names.push(name);
  }
  if (!isPort(port.port)) errors.push(invalid(`${field}.port`, port.port, PORT_RANGE));
  if (!protocols.includes(protocol)) errors.push(notSupported(`${field}.protocol`, protocol, protocols));
  return [...errors, ...checkTargetPort(targetPort, `${field}.targetPort`)];
}

function checkExternalName({
  clusterIPs = [],
  ipFamilies = [],
  ipFamilyPolicy,
  externalName = '',
}: ServiceSpec): FieldError[] {
  const problem = 'may not be set for ExternalName services';
  const name = externalName.replace(/\.$/, '');
  return [
    ...(clusterIPs.length > 0 ? [forbiddenField('spec.clusterIPs', problem)] : []),
    ...(ipFamilies.length > 0 ? [forbiddenField('spec.ipFamilies', problem)] : []),
    ...(ipFamilyPolicy === undefined ? [] : [forbiddenField('spec.ipFamilyPolicy', problem)]),
    ...(name === ''
      ? [required('spec.externalName')]
      : subdomainProblems(name).map((one) => invalid('spec.externalName', name, one))),
  ];
}

function checkAddresses({
  clusterIP = '',
  clusterIPs = [],
  ipFamilies = [],
  ipFamilyPolicy,
}: ServiceSpec): FieldError[] {
  const errors: FieldError[] = [];
  if (clusterIP !== '' && clusterIPs[0] !== clusterIP)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'first value must match `clusterIP`'));
  if (clusterIP === '' && clusterIPs.length > 0)
    errors.push(invalid('spec.clusterIPs', clusterIPs, 'must be empty when `clusterIP` is not specified'));
  for (const [index, family] of ipFamilies.entries()) {
    if (!families.includes(family)) errors.push(notSupported(`spec.ipFamilies[${index}]`, family, families));
    if (ipFamilies.indexOf(family) < index) errors.push(duplicate(`spec.ipFamilies[${index}]`, family));
  }
  if (ipFamilyPolicy !== undefined && !policies.includes(ipFamilyPolicy))
    errors.push(notSupported('spec.ipFamilyPolicy', ipFamilyPolicy, policies));
  for (const [index, address] of clusterIPs.entries()) {
    if (index === 0 && address === HEADLESS) continue;
    if (isIP(address) === 0)
      errors.push(
        invalid(`spec.clusterIPs[${index}]`, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)'),
      );
  }
  return errors;
}

function checkDuplicates(ports: ServicePort[]): FieldError[] {
  const seen = new Set<string>();
  const isKnown = (key: string): boolean => {
    const known = seen.has(key);
    seen.add(key);
    return known;
  };
  const nodePorts = ports.flatMap(({ protocol = '', nodePort = 0 }, index) =>
    nodePort !== 0 && isKnown(`node ${protocol} ${nodePort}`)
      ? [duplicate(`spec.ports[${index}].nodePort`, nodePort)]
      : [],
  );
  const own = ports.flatMap(({ protocol = '', port }, index) =>
    isKnown(`${protocol} ${port}`)
      ? [
          duplicate(`spec.ports[${index}]`, {
            Name: '',
            Protocol: protocol,
            AppProtocol: null,
            Port: port,
            TargetPort: 0,
            NodePort: 0,
          }),
        ]
      : [],
  );
  return [...nodePorts, ...own];
}

/** The errors in a Service's spec, in Kubernetes' order. */
export function validateService(spec: ServiceSpec): FieldError[] {
  const { type = '', ports = [], selector = {}, sessionAffinity = '' } = spec;
  const names: string[] = [];
  const needsPorts = !isHeadless(spec) && type !== 'ExternalName';
  return [
    ...(ports.length === 0 && needsPorts ? [required('spec.ports')] : []),
    ...((type === 'LoadBalancer' || type === 'NodePort') && isHeadless(spec)
      ? [invalid('spec.clusterIPs[0]', HEADLESS, `may not be set to 'None' for ${type} services`)]
      : []),
    ...(type === 'ExternalName' ? checkExternalName(spec) : []),
    ...ports.flatMap((port, index) => checkPort(port, names, ports.length > 1, `spec.ports[${index}]`)),
    ...Object.entries(selector).flatMap(([key, value]) => [
      ...qualifiedNameProblems(key).map((problem) => invalid('spec.selector', key, problem)),
      ...labelValueProblems(value).map((problem) => invalid('spec.selector', value, problem)),
    ]),
    ...(affinities.includes(sessionAffinity)
      ? []
      : [notSupported('spec.sessionAffinity', sessionAffinity, affinities)]),
    ...(type === 'ExternalName' ? [] : checkAddresses(spec)),
    ...(types.includes(type) ? [] : [notSupported('spec.type', type, types)]),
    ...(type === 'ClusterIP'
      ? ports.flatMap(({ nodePort = 0 }, index) =>
          nodePort === 0
            ? []
            : [forbiddenField(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'")],
        )
      : []),
    ...checkDuplicates(ports),
  ];
}

/** Addresses can't change, unless the type changes from or to ExternalName. */
export function checkClusterAddressChange(spec: ServiceSpec, old: ServiceSpec): FieldError[] {
  if (spec.type === 'ExternalName' || old.type === 'ExternalName') return [];
  const { clusterIPs = [] } = spec;
  return (old.clusterIPs ?? []).flatMap((address, index) =>
    clusterIPs[index] === address ? [] : [invalid(`spec.clusterIPs[${index}]`, clusterIPs, 'may not change once set')],
  );
}
