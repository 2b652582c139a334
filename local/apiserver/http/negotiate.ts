import { StatusError } from '../status.ts';

export type Representation =
  'Object' | 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList' | 'APIGroupDiscoveryList';

const representations: Record<string, Representation> = {
  Table: 'Table',
  PartialObjectMetadata: 'PartialObjectMetadata',
  PartialObjectMetadataList: 'PartialObjectMetadataList',
  APIGroupDiscoveryList: 'APIGroupDiscoveryList',
};
const DISCOVERY = { group: 'apidiscovery.k8s.io', version: 'v2' };
const META = { group: 'meta.k8s.io', version: 'v1' };
/** Those of a kube-apiserver; this server has JSON only. */
const mediaTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'];
/** The forms of a watch. */
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch'];
const jsonRanges = ['application/json', 'application/*', '*/*'];

function parseRange(range: string): { type: string; parameters: Map<string, string> } {
  const [type = '', ...rest] = range.split(';').map((part) => part.trim());
  return { type, parameters: new Map(rest.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? ''])) };
}

/** The error of built-in resources for an unsupported media type. */
function noMediaType(isStream: boolean): StatusError {
  const available = [...mediaTypes, ...(isStream ? streamTypes : [])];
  return new StatusError(
    406,
    'NotAcceptable',
    `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`,
    {},
  );
}

/**
 * The first form in an Accept header that this server has (JSON in all cases), among `offered`; 406 if there is none, with the message for
 * a built-in or a custom resource. `isStream`: a list is asked for, which can be watched.
 */
export function negotiate(
  accept: string | undefined,
  offered: readonly Representation[],
  builtIn = false,
  isStream = false,
): Representation {
  const ranges = (accept === undefined || accept.trim() === '' ? '*/*' : accept).split(',').map(parseRange);
  if (builtIn && !ranges.some(({ type }) => type === '*/*' || mediaTypes.includes(type))) throw noMediaType(isStream);
  for (const { type, parameters } of ranges) {
    if (!jsonRanges.includes(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'Object';
    const wanted = representations[as];
    if (wanted === undefined || !offered.includes(wanted)) continue;
    const { group, version } = wanted === 'APIGroupDiscoveryList' ? DISCOVERY : META;
    if (parameters.get('g') === group && parameters.get('v') === version) return wanted;
  }
  throw new StatusError(406, 'NotAcceptable', `only the following media types are accepted: ${mediaTypes.join(', ')}`);
}
