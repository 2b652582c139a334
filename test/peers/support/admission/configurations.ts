const CONFIGURATIONS = '/apis/admissionregistration.k8s.io/v1';

const rule = { apiGroups: [''], apiVersions: ['v1'], resources: ['pods'], operations: ['CREATE'] };
const webhook = {
  name: 'one.example.dev',
  clientConfig: { url: 'https://127.0.0.1:8443/path' },
  rules: [rule],
  sideEffects: 'None',
  admissionReviewVersions: ['v1'],
};
const urls = [
  'http://127.0.0.1/x',
  'https://127.0.0.1/x?a=b',
  'https://127.0.0.1/x#y',
  'https://user:password@127.0.0.1/x',
  'https://',
  'https:///x',
  '',
  ':',
  'hello',
  'https://host:port/x',
  'https://[::1]:8443',
  'https://HOST',
];
const service = { name: 'hooks', namespace: 'default' };
const services = [
  service,
  { ...service, port: 8443, path: '/a/b' },
  { ...service, port: 0 },
  { ...service, port: 70_000 },
  { ...service, path: 'a' },
  { ...service, path: '//' },
  { ...service, path: '/a//b' },
  { ...service, path: '/A' },
  { name: '', namespace: '' },
  { name: 'hooks', namespace: '' },
  { name: '', namespace: 'default' },
];
const rules: object[] = [
  { operations: [] },
  { operations: undefined },
  { operations: ['*', 'CREATE'] },
  { operations: ['create', 'PATCH'] },
  { operations: ['CONNECT'] },
  { apiGroups: undefined },
  { apiGroups: ['*', 'apps'] },
  { apiVersions: [] },
  { apiVersions: ['*', 'v1'] },
  { apiVersions: [''] },
  { resources: [] },
  { resources: [''] },
  { resources: ['*', 'pods'] },
  { resources: ['pods', '*'] },
  { resources: ['*', 'pods/status'] },
  { resources: ['*/*', 'pods'] },
  { resources: ['pods/*', 'pods/status'] },
  { resources: ['*/status', 'pods/status'] },
  { resources: ['a/b/c'] },
  { scope: 'Everywhere' },
  { scope: 'Cluster' },
];
const selectors: object[] = [
  { matchLabels: { 'bad key': 'v' } },
  { matchLabels: { 'a/b/c': 'v' } },
  { matchLabels: { '/x': 'v' } },
  { matchLabels: { 'A_/x': 'v' } },
  { matchLabels: { key: 'bad value!' } },
  { matchLabels: { key: 'x'.repeat(64) } },
  { matchLabels: { ['x'.repeat(64)]: 'v' } },
  { matchLabels: { [`${'x'.repeat(254)}/key`]: 'v' } },
  { matchExpressions: [{ key: 'a', operator: 'In' }] },
  { matchExpressions: [{ key: 'a', operator: 'In', values: ['bad value!'] }] },
  { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['x'] }] },
  { matchExpressions: [{ key: 'a', operator: 'Near' }] },
  { matchExpressions: [{ key: '', operator: 'Exists' }] },
];
const conditions: object[][] = [
  [{ name: 'one', expression: 'true' }],
  [{ name: 'one', expression: '' }],
  [{ name: 'one', expression: '  ' }],
  [{ name: '', expression: 'true' }],
  [{ expression: 'true' }],
  [{ name: 'not a name', expression: 'true' }],
  [{ name: 'example.dev/one', expression: 'true' }],
  [{ name: 'a/b/c', expression: 'true' }],
  [{ name: 'x'.repeat(64), expression: 'true' }],
  [
    { name: 'one', expression: 'true' },
    { name: 'one', expression: 'false' },
  ],
  Array.from({ length: 65 }, (_, index) => ({ name: `c${index}`, expression: 'true' })),
  [{ name: 'one', expression: '1' }],
  [{ name: 'one', expression: "'text'" }],
  [{ name: 'one', expression: '[1, 2]' }],
  [{ name: 'one', expression: "{'a': 1}" }],
  [{ name: 'one', expression: 'object' }],
  [{ name: 'one', expression: 'object.spec.enabled' }],
  [{ name: 'one', expression: 'request.dryRun' }],
  [{ name: 'one', expression: 'unknown == 1' }],
  [{ name: 'one', expression: 'params == null' }],
  [{ name: 'one', expression: 'variables.x == 1' }],
  [{ name: 'one', expression: 'request.unknown == 1' }],
  [{ name: 'one', expression: 'request.uid == ""' }],
  [{ name: 'one', expression: 'request.userInfo.email == ""' }],
  [{ name: 'one', expression: 'unknown(1)' }],
  [{ name: 'one', expression: "'a'.unknown()" }],
  [{ name: 'one', expression: "1 + 'a' == 2" }],
  [{ name: 'one', expression: 'request.operation == 1' }],
  [{ name: 'one', expression: "'a'.startsWith(1)" }],
  [{ name: 'one', expression: "'a' in 'b'" }],
  [{ name: 'one', expression: "-'a' == 'b'" }],
  [{ name: 'one', expression: '!1' }],
  [{ name: 'one', expression: "true ? 1 : 'a'" }],
  [{ name: 'one', expression: "{'a': 1, 'b': 'c'}.size() == 2" }],
  [{ name: 'one', expression: 'object.' }],
  [{ name: 'one', expression: '(' }],
  [{ name: 'one', expression: 'true &&\n  unknown' }],
  [{ name: 'one', expression: "[1, 'a'].size() == 2" }],
  [{ name: 'one', expression: 'x'.repeat(100_001) }],
  [{ name: 'one', expression: `${'('.repeat(300)}true${')'.repeat(300)}` }],
];

type Entry = Record<string, unknown>;

const entries: [string, Entry[]][] = [
  ['nothing but what must be', [webhook]],
  ['no webhooks', []],
  ...['', 'one', 'one.example', 'One.example.dev', 'a..b.c'].map((name): [string, Entry[]] => [
    `name ${name}`,
    [{ ...webhook, name }],
  ]),
  ['the same name twice', [webhook, webhook]],
  ['no name', [{ ...webhook, name: undefined }]],
  ['no clientConfig', [{ ...webhook, clientConfig: {} }]],
  ['url and service', [{ ...webhook, clientConfig: { ...webhook.clientConfig, service } }]],
  ...urls.map((url): [string, Entry[]] => [`url ${url}`, [{ ...webhook, clientConfig: { url } }]]),
  ...services.map((one): [string, Entry[]] => [
    `service ${JSON.stringify(one)}`,
    [{ ...webhook, clientConfig: { service: one } }],
  ]),
  ...rules.map((more): [string, Entry[]] => [
    `rule ${JSON.stringify(more)}`,
    [{ ...webhook, rules: [{ ...rule, ...more }] }],
  ]),
  ['no rules', [{ ...webhook, rules: undefined }]],
  ...selectors.flatMap((selector): [string, Entry[]][] => [
    [`objectSelector ${JSON.stringify(selector)}`, [{ ...webhook, objectSelector: selector }]],
    [`namespaceSelector ${JSON.stringify(selector)}`, [{ ...webhook, namespaceSelector: selector }]],
  ]),
  ...[undefined, 'None', 'NoneOnDryRun', 'Some', 'Unknown', 'x'].map((sideEffects): [string, Entry[]] => [
    `sideEffects ${sideEffects ?? 'absent'}`,
    [{ ...webhook, sideEffects }],
  ]),
  ...['Ignore', 'fail', ''].map((failurePolicy): [string, Entry[]] => [
    `failurePolicy ${failurePolicy}`,
    [{ ...webhook, failurePolicy }],
  ]),
  ...['Exact', 'x'].map((matchPolicy): [string, Entry[]] => [
    `matchPolicy ${matchPolicy}`,
    [{ ...webhook, matchPolicy }],
  ]),
  ...['IfNeeded', 'Always'].map((reinvocationPolicy): [string, Entry[]] => [
    `reinvocationPolicy ${reinvocationPolicy}`,
    [{ ...webhook, reinvocationPolicy }],
  ]),
  ...[0, 1, 30, 31, -1].map((timeoutSeconds): [string, Entry[]] => [
    `timeoutSeconds ${timeoutSeconds}`,
    [{ ...webhook, timeoutSeconds }],
  ]),
  ...[undefined, [], ['v1beta1'], ['v2'], ['v2', 'v1'], ['v1', 'v1'], ['V1', 'v1'], ['x'.repeat(64), 'v1']].map(
    (admissionReviewVersions): [string, Entry[]] => [
      `admissionReviewVersions ${JSON.stringify(admissionReviewVersions) ?? 'absent'}`,
      [{ ...webhook, admissionReviewVersions }],
    ],
  ),
  ...conditions.map((matchConditions, index): [string, Entry[]] => [
    `matchConditions ${index} ${JSON.stringify(matchConditions).slice(0, 60)}`,
    [{ ...webhook, matchConditions }],
  ]),
  [
    'much at once',
    [{ ...webhook, name: 'x', sideEffects: undefined, rules: [{}], timeoutSeconds: 99, failurePolicy: 'x' }, {}],
  ],
];

/** One configuration that is created or refused. */
export interface ConfigurationCase {
  name: string;
  path: string;
  body: object;
}

export const configurationCases: ConfigurationCase[] = ['Mutating', 'Validating'].flatMap((which) =>
  entries
    .filter(([name]) => which === 'Mutating' || !name.startsWith('reinvocationPolicy'))
    .map(([name, webhooks]) => ({
      name: `${which}: ${name}`,
      path: `${CONFIGURATIONS}/${which.toLowerCase()}webhookconfigurations?dryRun=All`,
      body: {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: `${which}WebhookConfiguration`,
        metadata: { name: 'checked' },
        webhooks,
      },
    })),
);
