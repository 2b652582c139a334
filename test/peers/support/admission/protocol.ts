import { CONFIGMAPS, configMap, MERGE, widget, WIDGETS } from '../../../integration/apiserver/support/objects.ts';
import { creation } from './bench.ts';
import type { AdmissionCase, HookEntry, Request } from './bench.ts';
import { patchAnswer } from './hooks.ts';
import type { Hook } from './hooks.ts';

const everything = [{ apiGroups: ['*'], apiVersions: ['*'], resources: ['*/*'], operations: ['*'] }];
const seen: HookEntry[] = [{ entry: { rules: everything } }, { kind: 'validating', entry: { rules: everything } }];
const NAMESPACES = '/api/v1/namespaces';

const labelled = (label: string): object => ({ labels: { case: label } });
const merge = (path: string, body: object): Request => ({ method: 'PATCH', path, body, ...MERGE });
const remove = (path: string, body?: object): Request => ({ method: 'DELETE', path, body });

/** Adds a letter to an annotation, so that the object tells which webhooks ran, in which order and how often. */
const sign =
  (letter: string): Hook =>
  ({ object }) => {
    const signed = String(object.metadata.annotations?.signed ?? '') + letter;
    return patchAnswer([
      ...(object.metadata.annotations === undefined ? [{ op: 'add', path: '/metadata/annotations', value: {} }] : []),
      { op: 'add', path: '/metadata/annotations/signed', value: signed },
    ]);
  };
/** As above, but only the first time. */
const signOnce =
  (letter: string): Hook =>
  (request, round) =>
    String(request.object.metadata.annotations?.signed ?? '').includes(letter) ? {} : sign(letter)(request, round);
const IF_NEEDED = { reinvocationPolicy: 'IfNeeded' };

const reviews: AdmissionCase[] = [
  { name: 'create', hooks: seen },
  {
    name: 'create with a generated name',
    hooks: seen,
    requests: (label) => [
      {
        method: 'POST',
        path: WIDGETS,
        body: { ...widget(''), metadata: { generateName: 'run-', ...labelled(label) } },
      },
    ],
  },
  {
    name: 'create with options',
    hooks: seen,
    requests: (label) => [
      {
        ...creation(label),
        path: `${WIDGETS}?dryRun=All&fieldManager=me&fieldValidation=Strict`,
      },
    ],
  },
  {
    name: 'create in another version',
    hooks: seen,
    requests: (label) => [
      {
        method: 'POST',
        path: WIDGETS.replace('/v1/', '/v1beta1/'),
        body: { ...widget(label, labelled(label)), apiVersion: 'example.dev/v1beta1' },
      },
    ],
  },
  {
    name: 'replace',
    hooks: seen,
    requests: (label) => [
      creation(label),
      { method: 'GET', path: `${WIDGETS}/${label}` },
      merge(`${WIDGETS}/${label}?fieldManager=me`, { spec: { count: 2 } }),
    ],
  },
  {
    name: 'status',
    hooks: seen,
    requests: (label) => [creation(label), merge(`${WIDGETS}/${label}/status`, { status: { phase: 'Done' } })],
  },
  {
    name: 'delete',
    hooks: seen,
    requests: (label) => [
      creation(label),
      remove(`${WIDGETS}/${label}?dryRun=All`),
      remove(`${WIDGETS}/${label}`, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Background',
        gracePeriodSeconds: 3,
      }),
    ],
  },
  {
    name: 'delete with a query',
    hooks: seen,
    requests: (label) => [
      creation(label),
      remove(`${WIDGETS}/${label}?propagationPolicy=Background&gracePeriodSeconds=0`),
    ],
  },
  {
    name: 'delete a collection',
    hooks: seen,
    requests: (label) => [
      creation(label),
      remove(`${WIDGETS}?labelSelector=case%3D${label}&propagationPolicy=Background`),
    ],
  },
  {
    name: 'delete with a wrong precondition',
    hooks: seen,
    requests: (label) => [creation(label), remove(`${WIDGETS}/${label}`, { preconditions: { resourceVersion: '1' } })],
  },
  {
    name: 'a namespace',
    hooks: seen,
    requests: (label) => [
      {
        method: 'POST',
        path: NAMESPACES,
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: label, ...labelled(label) } },
      },
      merge(`${NAMESPACES}/${label}`, { metadata: { annotations: { a: 'b' } } }),
      remove(`${NAMESPACES}/${label}?dryRun=All`),
    ],
  },
  {
    name: 'a ConfigMap',
    hooks: seen,
    requests: (label) => [
      { method: 'POST', path: CONFIGMAPS, body: configMap(label, labelled(label)) },
      merge(`${CONFIGMAPS}/${label}`, { data: { key: 'other' } }),
      remove(`${CONFIGMAPS}/${label}`),
    ],
  },
];

const flow: AdmissionCase[] = [
  { name: 'order in a configuration', hooks: [{ does: sign('a') }, { does: sign('b') }, { does: sign('c') }] },
  {
    name: 'validating webhooks see the mutated object',
    hooks: [{ does: sign('a') }, { kind: 'validating' }],
    reviews: true,
  },
  { name: 'never again', hooks: [{ does: sign('a') }, { does: sign('b') }] },
  {
    name: 'again after a change',
    hooks: [{ does: sign('a'), entry: IF_NEEDED }, { does: sign('b') }],
  },
  {
    name: 'not again without a change',
    hooks: [{ does: sign('a'), entry: IF_NEEDED }, {}],
  },
  {
    name: 'not again when the last',
    hooks: [{ does: sign('a') }, { does: sign('b'), entry: IF_NEEDED }],
  },
  {
    name: 'all again',
    hooks: [
      { does: sign('a'), entry: IF_NEEDED },
      { does: sign('b'), entry: IF_NEEDED },
      { does: sign('c'), entry: IF_NEEDED },
    ],
  },
  {
    name: 'again with webhooks that sign once',
    hooks: [
      { does: signOnce('a'), entry: IF_NEEDED },
      { does: signOnce('b'), entry: IF_NEEDED },
      { does: signOnce('c') },
    ],
  },
  {
    name: 'a denial of the first keeps the second from being called',
    hooks: [{ does: { response: { allowed: false } } }, { does: sign('b') }],
  },
  {
    name: 'a failure that is ignored keeps nothing from being called',
    hooks: [{ does: { status: 500, body: '' }, entry: { failurePolicy: 'Ignore' } }, { does: sign('b') }],
  },
  {
    name: 'a mutating denial keeps validating webhooks from being called',
    hooks: [{ does: { response: { allowed: false } } }, { kind: 'validating' }],
  },
  {
    name: 'validating webhooks are all called',
    hooks: [
      { kind: 'validating', does: { response: { allowed: false, status: { message: 'no' } } } },
      { kind: 'validating', does: { response: { allowed: true, warnings: ['seen'] } } },
    ],
  },
  {
    name: 'an invalid object is not shown to validating webhooks',
    hooks: [{}, { kind: 'validating' }],
    requests: (label) => [{ method: 'POST', path: WIDGETS, body: widget(label, labelled(label), { mode: 'z' }) }],
  },
  {
    name: 'an object that exists is shown',
    hooks: [{}, { kind: 'validating' }],
    requests: (label) => [creation(label), creation(label)],
  },
  {
    name: 'an object with an unknown field is not shown',
    hooks: [{}, { kind: 'validating' }],
    requests: (label) => [
      {
        ...creation(label),
        body: widget(label, labelled(label), { nope: 1 }),
        path: `${WIDGETS}?fieldValidation=Strict`,
      },
    ],
  },
  {
    name: 'a denied delete',
    hooks: [
      {
        kind: 'validating',
        does: { response: { allowed: false } },
        entry: { rules: [{ ...everything[0], operations: ['DELETE'] }] },
      },
    ],
    requests: (label) => [
      creation(label),
      remove(`${WIDGETS}/${label}`),
      remove(`${WIDGETS}?labelSelector=case%3D${label}`),
      { method: 'GET', path: `${WIDGETS}/${label}` },
    ],
  },
  {
    name: 'a delete that is patched',
    hooks: [
      {
        does: patchAnswer([{ op: 'add', path: '/x', value: 1 }]),
        entry: { rules: [{ ...everything[0], operations: ['DELETE'] }] },
      },
    ],
    requests: (label) => [creation(label), remove(`${WIDGETS}/${label}`)],
  },
  {
    name: 'a denied update',
    hooks: [
      {
        kind: 'validating',
        does: { response: { allowed: false } },
        entry: { rules: [{ ...everything[0], operations: ['UPDATE'] }] },
      },
    ],
    requests: (label) => [
      creation(label),
      merge(`${WIDGETS}/${label}`, { spec: { count: 2 } }),
      merge(`${WIDGETS}/${label}/status`, { status: { phase: 'x' } }),
    ],
  },
  {
    name: 'an update that is patched',
    hooks: [{ does: sign('u'), entry: { rules: [{ ...everything[0], operations: ['UPDATE'] }] } }],
    requests: (label) => [
      creation(label),
      merge(`${WIDGETS}/${label}`, { spec: { count: 2 } }),
      merge(`${WIDGETS}/${label}/status`, { status: { phase: 'x' } }),
      { method: 'GET', path: `${WIDGETS}/${label}` },
    ],
  },
  {
    name: 'a stale update',
    hooks: seen,
    requests: (label) => [
      creation(label),
      { method: 'PUT', path: `${WIDGETS}/${label}`, body: widget(label, { ...labelled(label), resourceVersion: '1' }) },
    ],
  },
  {
    name: 'review of v1beta1',
    hooks: [
      {
        does: (request, round) => ({
          ...sign('a')(request, round),
          review: { apiVersion: 'admission.k8s.io/v1beta1' },
        }),
        entry: { admissionReviewVersions: ['v1beta1'] },
      },
    ],
    reviews: true,
  },
  {
    name: 'review of the first known version',
    hooks: [{ does: sign('a'), entry: { admissionReviewVersions: ['v9', 'v1', 'v1beta1'] } }],
    reviews: true,
  },
  {
    name: 'a ConfigMap with a field that is unknown',
    hooks: [
      {
        does: patchAnswer([
          { op: 'add', path: '/unknown', value: 'text' },
          { op: 'add', path: '/data/x', value: 'y' },
        ]),
        entry: { rules: everything },
      },
    ],
    requests: (label) => [{ method: 'POST', path: CONFIGMAPS, body: configMap(label, labelled(label)) }],
  },
];

/** What webhooks are shown, in which order they are called, and what is made of their answers. */
export const protocolCases: AdmissionCase[] = [...reviews.map((one) => ({ ...one, reviews: true })), ...flow];
