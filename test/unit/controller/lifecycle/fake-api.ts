import type { KubeClient, KubeRequest } from '../../../../shared/kubernetes/client.ts';
import { ApiError } from '../../../../shared/kubernetes/errors.ts';
import type { KubeObject, ManagedFieldsEntry } from '../../../../shared/kubernetes/types.ts';
import { CONTROLLER_MANAGER } from '../../../../shared/tracing/provenance.ts';

type Plural = 'pipelineruns' | 'taskruns' | 'pods' | 'customruns' | 'resolutionrequests' | 'events';

interface Event {
  plural: Plural;
  version: number;
  line: string;
}

const pluralOf = (path: string): Plural =>
  /\/(pipelineruns|taskruns|pods|customruns|resolutionrequests|events)\b/.exec(path)?.[1] as Plural;

interface Patch {
  metadata: { uid?: string; resourceVersion?: string; annotations: Record<string, string | null> };
}

/** The API server's answer to a patch that names another uid or version than the object's. */
function preconditionFailed(path: string, { metadata }: KubeObject, patch: Patch['metadata']): ApiError | undefined {
  const kind = 'Status';
  const details = { causes: [{ field: 'metadata.uid', message: 'field is immutable', reason: 'FieldValueInvalid' }] };
  if (patch.uid !== undefined && patch.uid !== metadata.uid)
    return new ApiError(`PATCH ${path}`, 422, { kind, reason: 'Invalid', message: 'another uid', code: 422, details });
  if (patch.resourceVersion !== undefined && patch.resourceVersion !== metadata.resourceVersion)
    return new ApiError(`PATCH ${path}`, 409, { kind, reason: 'Conflict', message: 'it was modified', code: 409 });
  return undefined;
}

type Fields = Record<string, Record<string, object> | undefined>;

/** As the API server does it: who changes a field takes it over, in the one entry that it has under its name. */
function managedAfter(entries: ManagedFieldsEntry[], names: string[]): ManagedFieldsEntry[] {
  const fields = names.map((name) => `f:${name}`);
  const listed = ({ fieldsV1 }: ManagedFieldsEntry): [string, object][] =>
    Object.entries((fieldsV1?.['f:metadata'] as Fields | undefined)?.['f:annotations'] ?? {});
  const withFields = (entry: ManagedFieldsEntry, own: [string, object][]): ManagedFieldsEntry => ({
    ...entry,
    fieldsV1: { ...entry.fieldsV1, 'f:metadata': { 'f:annotations': Object.fromEntries(own) } },
  });
  const isOurs = ({ manager, operation }: ManagedFieldsEntry): boolean =>
    manager === CONTROLLER_MANAGER && operation === 'Update';
  const ours = entries.find(isOurs) ?? { manager: CONTROLLER_MANAGER, operation: 'Update' };
  const others = entries.filter((entry) => !isOurs(entry));
  return [
    ...others.map((entry) =>
      withFields(
        entry,
        listed(entry).filter(([field]) => !fields.includes(field)),
      ),
    ),
    withFields(ours, [...listed(ours), ...fields.map((field): [string, object] => [field, {}])]),
  ];
}

/** An API server of a few maps: lists, watches, and merge patches of annotations with their preconditions. */
export class FakeApi {
  readonly #objects = new Map<string, KubeObject>();
  readonly #events: Event[] = [];
  readonly #wakes = new Set<() => void>();
  #version = 100;
  /** Patches as they came; a test may let one fail. */
  readonly patches: { name: string; annotations: Record<string, string | null> }[] = [];
  failPatch: ((annotations: Record<string, string | null>) => Error | undefined) | undefined;

  readonly client: KubeClient = {
    server: 'https://fake',
    request: async <T>(method: string, path: string, { body }: KubeRequest = {}): Promise<T> =>
      (method === 'GET' ? this.#list(path) : this.#patch(path, body as Patch)) as T,
    stream: async (path, { query, signal } = {}) => {
      if (query?.sendInitialEvents)
        throw new ApiError(`GET ${path}`, 422, { reason: 'Invalid', message: 'lists are not streamed' });
      return this.#watch(pluralOf(path), Number(query?.resourceVersion), signal);
    },
    close: () => undefined,
  };

  get<T extends KubeObject>(plural: Plural, name: string): T {
    return this.#objects.get(`${plural}/${name}`) as T;
  }

  put(plural: Plural, object: KubeObject): void {
    const key = `${plural}/${object.metadata.name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } };
    this.#objects.set(key, stored);
    this.#tell(plural, type, stored);
  }

  delete(plural: Plural, name: string): void {
    const object = this.get(plural, name);
    this.#objects.delete(`${plural}/${name}`);
    // As the API server does it: a deletion has a version of its own.
    const resourceVersion = String(++this.#version);
    this.#tell(plural, 'DELETED', { ...object, metadata: { ...object.metadata, resourceVersion } });
  }

  #list(path: string): object {
    const plural = pluralOf(path);
    const items = [...this.#objects].filter(([key]) => key.startsWith(`${plural}/`)).map(([, object]) => object);
    return { metadata: { resourceVersion: String(this.#version) }, items };
  }

  #patch(path: string, { metadata }: Patch): KubeObject {
    const plural = pluralOf(path);
    const name = path.split('/').at(-1) ?? '';
    const object = this.get(plural, name);
    if (!object)
      throw new ApiError(`PATCH ${path}`, 404, { kind: 'Status', reason: 'NotFound', message: 'not found', code: 404 });
    const failure = preconditionFailed(path, object, metadata) ?? this.failPatch?.(metadata.annotations);
    if (failure) throw failure;
    this.patches.push({ name, annotations: metadata.annotations });
    const merged = Object.entries({ ...object.metadata.annotations, ...metadata.annotations });
    const annotations = Object.fromEntries(merged.filter((entry): entry is [string, string] => entry[1] !== null));
    const managedFields = managedAfter(object.metadata.managedFields ?? [], Object.keys(metadata.annotations));
    this.put(plural, { ...object, metadata: { ...object.metadata, annotations, managedFields } });
    return this.get(plural, name);
  }

  #tell(plural: Plural, type: string, object: KubeObject): void {
    this.#events.push({ plural, version: this.#version, line: JSON.stringify({ type, object }) });
    for (const wake of this.#wakes) wake();
  }

  async *#watch(plural: Plural, fromVersion: number, signal: AbortSignal | undefined): AsyncGenerator<string> {
    let next = this.#events.findIndex((event) => event.version > fromVersion);
    if (next < 0) next = this.#events.length;
    let wake: () => void = () => undefined;
    const wakeUp = (): void => wake();
    this.#wakes.add(wakeUp);
    signal?.addEventListener('abort', wakeUp, { once: true });
    try {
      while (!signal?.aborted) {
        const event = this.#events[next];
        if (!event) await new Promise<void>((resolve) => (wake = resolve));
        else {
          next += 1;
          if (event.plural === plural) yield event.line;
        }
      }
    } finally {
      this.#wakes.delete(wakeUp);
    }
  }
}
