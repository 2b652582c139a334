import { createClient } from '../../../integration/apiserver/support/client.ts';
import type { Answer, Client, Json } from '../../../integration/apiserver/support/client.ts';
import { widget, widgetCrd, WIDGETS } from '../../../integration/apiserver/support/objects.ts';
import { startHooks } from './hooks.ts';
import type { Hook, HookAnswer, HookCall, Hooks, Place } from './hooks.ts';
import { normalised } from './normalise.ts';

/** One webhook of a case: what it does, where it listens, and what its entry in the configuration says beside the usual. */
export interface HookEntry {
  kind?: 'mutating' | 'validating';
  does?: HookAnswer | Hook;
  at?: Place;
  entry?: object;
}

export interface Request {
  method: string;
  path: string;
  body?: unknown;
  contentType?: string;
  /** Its webhook of this index is to be called: the request is tried without being stored until that is so, because admission learns late of what it goes by. */
  calls?: number;
}

/** A behaviour that is the same on every API server. Its objects carry the label `case: <label>`. */
export interface AdmissionCase {
  name: string;
  hooks: HookEntry[];
  /** By default one Widget is created. */
  requests?: (label: string) => Request[];
  /** What the webhooks are shown counts, too. */
  reviews?: boolean;
}

export interface Observed {
  answers: Json[];
  calls: Json[];
}

export interface Bench {
  observe(one: AdmissionCase): Promise<Observed>;
  client: Client;
  close(): Promise<void>;
}

const REGISTRATION = '/apis/admissionregistration.k8s.io/v1';
const READY_TIMEOUT_MS = 60_000;
const kinds = { mutating: 'MutatingWebhookConfiguration', validating: 'ValidatingWebhookConfiguration' } as const;

export const labelOf = ({ name }: AdmissionCase): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replace(/-$/, '');

export function creation(label: string, more: object = {}): Request {
  return { method: 'POST', path: WIDGETS, body: widget(label, { labels: { case: label }, ...more }) };
}

function configurationOf(label: string, kind: 'mutating' | 'validating', hooks: HookEntry[], server: Hooks): object {
  const webhooks = hooks.flatMap((hook, index) => {
    if ((hook.kind ?? 'mutating') !== kind) return [];
    const path = `/${label}/${index}`;
    const { does = {} } = hook;
    server.behaviours.set(path, typeof does === 'function' ? does : () => does);
    return [
      {
        name: `hook-${index}.example.dev`,
        clientConfig: server.clientConfig(hook.at ?? 'trusted', path),
        rules: [{ apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] }],
        objectSelector: { matchLabels: { case: label } },
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
        timeoutSeconds: 30,
        ...hook.entry,
      },
    ];
  });
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: kinds[kind],
    metadata: { name: label },
    webhooks,
  };
}

async function create(client: Client, path: string, body: object): Promise<void> {
  const answer = await client.request('POST', path, body);
  if (answer.code !== 201) throw new Error(`POST ${path}: ${answer.code} ${JSON.stringify(answer.body)}`);
}

/** Configurations reach admission a moment after they are stored, in their order: when the last one is called, all are in force. */
async function inForce(client: Client, hooks: Hooks, label: string): Promise<void> {
  await untilCalled(client, hooks, creation(label), [`/${label}/0`, `/${label}/1`]);
}

/** Tries a request until the webhooks at these paths are called; that is not recorded. */
async function untilCalled(
  client: Client,
  hooks: Hooks,
  { method, path, body }: Request,
  paths: string[],
): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  const recorded = hooks.calls.length;
  while (!paths.every((wanted) => hooks.calls.slice(recorded).some((call) => call.path === wanted))) {
    if (Date.now() > deadline) throw new Error(`the webhooks at ${paths.join()} do not come into force`);
    await client.request(method, `${path}?dryRun=All`, body);
  }
  hooks.calls.length = recorded;
}

/** Validating webhooks are called side by side: their order among each other is not part of the behaviour. */
function inOrder({ hooks }: AdmissionCase, calls: HookCall[]): HookCall[] {
  const validates = ({ path }: HookCall): boolean => hooks[Number(path.split('/').at(-1))]?.kind === 'validating';
  const validating = calls.filter(validates).sort((a, b) => a.path.localeCompare(b.path));
  let next = 0;
  return calls.map((call) => (validates(call) ? (validating[next++] ?? call) : call));
}

/**
 * Waits until the API server's cache has what was written: a change of what it has an older state of is made twice, and so the webhooks
 * are asked twice.
 */
async function settle(client: Client, path: string, { code, body }: Answer): Promise<void> {
  const { name, resourceVersion } = body?.metadata ?? {};
  if (code > 201 || typeof name !== 'string' || typeof resourceVersion !== 'string') return;
  const [collection = ''] = path.replace(/\/status$/, '').split('?');
  const object = collection.endsWith(`/${name}`) ? collection : `${collection}/${name}`;
  await client.request('GET', `${object}?resourceVersion=${resourceVersion}`);
}

/** Puts the configurations of all cases into force on one API server, then observes them case by case. */
export async function startBench(
  server: { url: string; caPem: string; kubeconfig(): Promise<string> },
  cases: AdmissionCase[],
): Promise<Bench> {
  const client = await createClient({ ...server, close: () => Promise.resolve() } as Parameters<
    typeof createClient
  >[0]);
  const hooks = await startHooks();
  await create(client, '/apis/apiextensions.k8s.io/v1/customresourcedefinitions', widgetCrd);
  while ((await client.request('GET', WIDGETS)).code !== 200);
  const last: AdmissionCase = { name: 'in force', hooks: [{}, { kind: 'validating' }] };
  for (const one of [...cases, last])
    for (const kind of ['mutating', 'validating'] as const) {
      if (!one.hooks.some((hook) => (hook.kind ?? 'mutating') === kind)) continue;
      const configuration = configurationOf(labelOf(one), kind, one.hooks, hooks);
      await create(client, `${REGISTRATION}/${kinds[kind].toLowerCase()}s`, configuration);
    }
  await inForce(client, hooks, labelOf(last));
  return {
    client,
    async observe(one) {
      hooks.calls.length = 0;
      const label = labelOf(one);
      const answers: Json[] = [];
      for (const request of (one.requests ?? ((name) => [creation(name)]))(label)) {
        const { method, path, body, contentType, calls } = request;
        if (calls !== undefined) await untilCalled(client, hooks, request, [`/${label}/${calls}`]);
        const answer = await client.request(method, path, body, contentType === undefined ? {} : { contentType });
        await settle(client, path, answer);
        answers.push(normalised({ code: answer.code, warning: answer.headers['warning'], body: answer.body }));
      }
      const shown = ({ path, query, request }: HookCall): object =>
        one.reviews === true ? { path, query, request } : { path, query, operation: request.operation };
      return { answers, calls: inOrder(one, hooks.calls).map((call) => normalised(shown(call))) };
    },
    async close() {
      client.close();
      await hooks.close();
    },
  };
}
