import { CONFIGMAPS, configMap, MERGE, widget, WIDGETS } from '../../../integration/apiserver/support/objects.ts';
import { creation } from './bench.ts';
import type { AdmissionCase, HookEntry, Request } from './bench.ts';
import { patchAnswer } from './hooks.ts';

const base = { apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['widgets'], operations: ['CREATE'] };
const rule = (more: object): HookEntry => ({ entry: { rules: [{ ...base, ...more }] } });
const NAMESPACES = '/api/v1/namespaces';

function older(label: string): Request {
  return {
    method: 'POST',
    path: WIDGETS.replace('/v1/', '/v1beta1/'),
    body: { ...widget(label, { labels: { case: label } }), apiVersion: 'example.dev/v1beta1' },
  };
}

/** Creates, changes, changes the status of and deletes a Widget, makes a ConfigMap and a namespace. */
function everyWrite(label: string): Request[] {
  const labels = { case: label };
  return [
    creation(label),
    { method: 'PATCH', path: `${WIDGETS}/${label}`, body: { spec: { count: 2 } }, ...MERGE },
    { method: 'PATCH', path: `${WIDGETS}/${label}/status`, body: { status: { a: 'b' } }, ...MERGE },
    { method: 'DELETE', path: `${WIDGETS}/${label}` },
    { method: 'POST', path: CONFIGMAPS, body: configMap(label, { labels }) },
    {
      method: 'POST',
      path: NAMESPACES,
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: label, labels } },
    },
  ];
}

const any = { apiGroups: ['*'], apiVersions: ['*'], resources: ['*'], operations: ['*'] };
const rules: [string, object][] = [
  ['everything but subresources', any],
  ['everything', { ...any, resources: ['*/*'] }],
  ['status of everything', { ...any, resources: ['*/status'] }],
  ['widgets and what is below', { ...any, resources: ['widgets/*'] }],
  ['widgets alone', { ...any, resources: ['widgets'] }],
  ['the core group', { ...any, apiGroups: [''] }],
  ['namespaced objects', { ...any, scope: 'Namespaced' }],
  ['cluster-scoped objects', { ...any, scope: 'Cluster' }],
  ['two operations', { ...any, operations: ['CREATE', 'DELETE'] }],
  ['CONNECT', { ...any, operations: ['CONNECT'] }],
  ['another version', { ...any, apiVersions: ['v2'] }],
];

const selector = (labels: object): HookEntry => ({ entry: { objectSelector: { matchLabels: labels } } });

export const matchingCases: AdmissionCase[] = [
  ...rules.map(([name, more]) => ({ name: `rule: ${name}`, hooks: [rule(more)], requests: everyWrite })),
  { name: 'no rules', hooks: [{ entry: { rules: undefined } }], requests: everyWrite },
  {
    name: 'equivalent version',
    hooks: [{ does: patchAnswer([{ op: 'add', path: '/spec/count', value: 3 }]) }],
    requests: (label) => [older(label)],
    reviews: true,
  },
  { name: 'exact version', hooks: [{ entry: { matchPolicy: 'Exact' } }], requests: (label) => [older(label)] },
  {
    name: 'both versions in one rule',
    hooks: [rule({ apiVersions: ['v1', 'v1beta1'] })],
    requests: (label) => [older(label)],
    reviews: true,
  },
  {
    name: 'both versions among webhooks',
    hooks: [
      { ...rule({}), does: patchAnswer([{ op: 'add', path: '/spec/count', value: 3 }]) },
      { ...rule({ apiVersions: ['v1beta1'] }), does: patchAnswer([{ op: 'add', path: '/spec/timeout', value: '2h' }]) },
      { ...rule({ apiVersions: ['v1beta1'] }), kind: 'validating' },
    ],
    requests: (label) => [older(label)],
    reviews: true,
  },
  {
    name: 'labels that only the old object has',
    hooks: [{ ...selector({ old: 'yes' }), entry: { ...selector({ old: 'yes' }).entry, rules: [any] } }],
    requests: (label) => [
      creation(label, { labels: { case: label, old: 'yes' } }),
      { method: 'PATCH', path: `${WIDGETS}/${label}`, body: { metadata: { labels: { old: null } } }, ...MERGE },
      { method: 'PATCH', path: `${WIDGETS}/${label}`, body: { spec: { count: 2 } }, ...MERGE },
      { method: 'DELETE', path: `${WIDGETS}/${label}` },
    ],
  },
  {
    name: 'a label that a webhook before adds',
    hooks: [
      { does: patchAnswer([{ op: 'add', path: '/metadata/labels/added', value: 'yes' }]) },
      selector({ added: 'yes' }),
      { ...selector({ added: 'yes' }), kind: 'validating' },
    ],
  },
  {
    name: 'label expressions',
    hooks: [
      {
        entry: {
          objectSelector: { matchExpressions: [{ key: 'case', operator: 'In', values: ['label-expressions'] }] },
        },
      },
      {
        entry: {
          objectSelector: {
            matchLabels: { case: 'label-expressions' },
            matchExpressions: [{ key: 'x', operator: 'Exists' }],
          },
        },
      },
      {
        entry: {
          objectSelector: {
            matchLabels: { case: 'label-expressions' },
            matchExpressions: [
              { key: 'x', operator: 'DoesNotExist' },
              { key: 'y', operator: 'NotIn', values: ['z'] },
            ],
          },
        },
      },
    ],
  },
  {
    name: 'namespaces by label',
    hooks: [
      { entry: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'default' } } } },
      { entry: { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'elsewhere' } } } },
      { entry: { rules: [any], namespaceSelector: { matchLabels: { of: 'interest' } } } },
    ],
    requests: (label) => [
      creation(label),
      {
        method: 'POST',
        path: NAMESPACES,
        body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: label, labels: { case: label } } },
      },
      { method: 'PATCH', path: `${NAMESPACES}/${label}`, body: { metadata: { labels: { of: 'interest' } } }, ...MERGE },
      { ...creation(label), path: WIDGETS.replace('/default/', `/${label}/`), calls: 2 },
    ],
  },
];
