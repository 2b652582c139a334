import { textAt, valueAt } from '../object.ts';
import type { KubeObject } from '../object.ts';
import { age } from './age.ts';
import type { Column } from './column.ts';
import { column } from './common-columns.ts';

const firstSeen = (event: KubeObject): unknown => event['firstTimestamp'] ?? event['eventTime'];

function lastSeen(event: KubeObject): unknown {
  if ((event['series'] ?? undefined) !== undefined) return valueAt(event, 'series', 'lastObservedTime');
  return event['lastTimestamp'] ?? firstSeen(event);
}

function count(event: KubeObject): number {
  const found = valueAt(event, 'series', 'count') ?? event['count'];
  return typeof found === 'number' && found !== 0 ? found : 1;
}

function target(event: KubeObject): string {
  const kind = textAt(event, 'involvedObject', 'kind').toLowerCase();
  const name = textAt(event, 'involvedObject', 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

function source(event: KubeObject): string {
  const component = textAt(event, 'source', 'component') || textAt(event, 'reportingComponent');
  const instance = textAt(event, 'source', 'host') || textAt(event, 'reportingInstance');
  return instance === '' ? component : `${component}, ${instance}`;
}

const wide = (name: string, value: Column['value']): Column => column(name, value, 'string', 1);

export const eventColumns: Column[] = [
  column('Last Seen', (event, now) => age(lastSeen(event), now)),
  column('Type', (event) => textAt(event, 'type')),
  column('Reason', (event) => textAt(event, 'reason')),
  column('Object', target),
  wide('Subobject', (event) => textAt(event, 'involvedObject', 'fieldPath')),
  wide('Source', source),
  column('Message', (event) => textAt(event, 'message').trim()),
  wide('First Seen', (event, now) => age(firstSeen(event), now)),
  wide('Count', count),
  wide('Name', (event) => event.metadata.name ?? ''),
];
