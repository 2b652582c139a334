import { StatusError } from '../status.ts';

export type Representation = 'Object' | 'Table' | 'PartialObjectMetadata' | 'APIGroupDiscoveryList';

const representations: Record<string, Representation> = {
  Table: 'Table',
  PartialObjectMetadata: 'PartialObjectMetadata',
  PartialObjectMetadataList: 'PartialObjectMetadata',
  APIGroupDiscoveryList: 'APIGroupDiscoveryList',
};
const jsonRanges = ['application/json', 'application/*', '*/*'];

function parseRange(range: string): { type: string; parameters: Map<string, string> } {
  const [type = '', ...rest] = range.split(';').map((part) => part.trim());
  return { type, parameters: new Map(rest.map((part) => [part.split('=')[0] ?? '', part.split('=')[1] ?? ''])) };
}

/** The first form in an Accept header that this server has (JSON in all cases), among `offered`; 406 where there is none. */
export function negotiate(accept: string | undefined, offered: readonly Representation[]): Representation {
  for (const range of (accept === undefined || accept.trim() === '' ? '*/*' : accept).split(',')) {
    const { type, parameters } = parseRange(range);
    if (!jsonRanges.includes(type)) continue;
    const as = parameters.get('as');
    if (as === undefined) return 'Object';
    const wanted = representations[as];
    const versions = wanted === 'APIGroupDiscoveryList' ? ['v2'] : ['v1'];
    if (wanted !== undefined && offered.includes(wanted) && versions.includes(parameters.get('v') ?? '')) return wanted;
  }
  throw new StatusError(406, 'NotAcceptable', 'only the following media types are accepted: application/json');
}
