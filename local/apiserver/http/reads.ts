import { apiVersionOf } from '../catalog/resource-type.ts';
import type { ResourceType } from '../catalog/resource-type.ts';
import { inVersion } from '../catalog/versions.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { badRequest, StatusError } from '../status.ts';
import { listObjects } from '../storage/list.ts';
import type { Page } from '../storage/list.ts';
import { checkListOptions, checkWatchOptions, integerFrom } from '../storage/list-options.ts';
import { parseSelection } from '../storage/selection.ts';
import type { Selection } from '../storage/selection.ts';
import { partialMetadata, table } from '../table/table.ts';
import type { IncludeObject } from '../table/table.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import type { Representation } from './negotiate.ts';
import { addWarnings, sendJson } from './respond.ts';
import { serveWatch } from './watch.ts';

/** The forms of objects and lists in responses. */
export const representations: Representation[] = ['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'];

function includeOf(query: URLSearchParams): IncludeObject {
  const include = query.get('includeObject') || 'Metadata';
  if (include === 'None' || include === 'Metadata' || include === 'Object') return include;
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(include)}: must be 'Metadata', 'Object', 'None', or empty`,
  );
}

/** Items of built-in lists have no kind: the list's kind says it. */
function withoutType({ apiVersion: _apiVersion, kind: _kind, ...rest }: KubeObject): JsonObject {
  return rest;
}

/** The Go type of an object in errors. */
function goType({ builtIn, group, kind, listKind }: ResourceType, isList: boolean): string {
  if (!builtIn) return `*unstructured.Unstructured${isList ? 'List' : ''}`;
  return `*${group === '' ? 'core' : (group.split('.')[0] ?? '')}.${isList ? listKind : kind}`;
}

/** 406 if an object is requested in the form of a list, or a list in that of an object. */
function checkForm({ as, type }: Exchange, isList: boolean): void {
  if (as !== (isList ? 'PartialObjectMetadata' : 'PartialObjectMetadataList')) return;
  // Go's type of a custom resource could also be a list.
  if (!isList && !type.builtIn) throw new StatusError(500, '', 'content is not a list');
  const problem = `you requested ${as}, but the requested object is ${isList ? 'a' : 'not a'} list (${goType(type, isList)})`;
  throw new StatusError(406, 'NotAcceptable', problem);
}

/** The selection of the request's selectors and namespace; `validate` refuses other parameters. */
export function selectionOf(
  { type, path, query }: Exchange,
  validate: (query: URLSearchParams) => void = checkListOptions,
): Selection {
  // Numbers are read before the selectors.
  for (const name of ['timeoutSeconds', 'limit']) integerFrom(query, name);
  return parseSelection(type, type.namespaced ? path.namespace : undefined, query, () => validate(query));
}

/** Answers with one object, in the requested form, with the request's warnings. */
export function sendObject(server: ResourceServer, exchange: Exchange, code: number, object: KubeObject): void {
  const { response, query, type, write, as } = exchange;
  checkForm(exchange, false);
  const served = inVersion(type, object);
  addWarnings(response, write.warnings);
  if (as === 'Table') {
    const metadata = { resourceVersion: object.metadata.resourceVersion };
    const options = { include: includeOf(query), now: server.api.now(), columns: true };
    sendJson(response, code, table(type, [served], metadata, options));
  } else sendJson(response, code, as === 'PartialObjectMetadata' ? partialMetadata(served) : served);
}

/** Answers with a list in the requested form. */
export function sendList({ api }: ResourceServer, exchange: Exchange, { next, remaining, ...page }: Page): void {
  const { response, query, type, as } = exchange;
  checkForm(exchange, true);
  const metadata: JsonObject = {
    resourceVersion: String(page.revision),
    // A list of custom resources has an empty token at its end.
    ...(next === undefined ? (type.builtIn || as !== 'Object' ? {} : { continue: '' }) : { continue: next }),
    ...(remaining === undefined ? {} : { remainingItemCount: remaining }),
  };
  const items = page.items.map((object) => inVersion(type, object));
  if (as === 'Table') {
    sendJson(response, 200, table(type, items, metadata, { include: includeOf(query), now: api.now(), columns: true }));
  } else if (as === 'PartialObjectMetadataList') {
    const kind = 'PartialObjectMetadataList';
    const partial = items.length === 0 ? null : items.map(partialMetadata);
    sendJson(response, 200, { kind, apiVersion: 'meta.k8s.io/v1', metadata, items: partial });
  } else {
    const listed = type.builtIn ? items.map(withoutType) : items;
    sendJson(response, 200, { kind: type.listKind, apiVersion: apiVersionOf(type), metadata, items: listed });
  }
}

export function serveList(server: ResourceServer, exchange: Exchange): void {
  const { query, type } = exchange;
  sendList(server, exchange, listObjects(server.api.store, type, selectionOf(exchange), query));
}

/** A watch of a collection, or of the one object that the path names. */
export function serveWatchRequest(server: ResourceServer, exchange: Exchange): void {
  const { response, query, type, path, as } = exchange;
  const selection = selectionOf(exchange, checkWatchOptions);
  const named = (object: KubeObject): boolean => object.metadata.name === path.name && selection.matches(object);
  serveWatch(server.api, {
    type,
    selection: path.name === undefined ? selection : { ...selection, matches: named },
    query,
    representation: as,
    include: includeOf(query),
    response,
    signal: server.closing,
  });
}
