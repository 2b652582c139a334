import { MERGE, widget, WIDGETS } from '../../../integration/apiserver/support/objects.ts';
import { creation } from './bench.ts';
import type { AdmissionCase, Request } from './bench.ts';

/** Creates, changes and deletes a Widget that has a bit of everything. */
function writes(label: string): Request[] {
  const spec = {
    count: 3,
    mode: 'a',
    free: { ratio: 1.5, on: true, nothing: null, words: ['a', 'b', 'b'], nested: { deep: { key: 'v' } }, size: '1Gi' },
    steps: [{ name: 'one', image: 'busybox' }, { name: 'two' }],
  };
  const annotations = { 'example.dev/url': 'https://example.dev:8443/a/b?x=1&x=2&y=', when: '2026-01-02T03:04:05Z' };
  return [
    { method: 'POST', path: WIDGETS, body: widget(label, { labels: { case: label }, annotations }, spec) },
    { method: 'PATCH', path: `${WIDGETS}/${label}`, body: { spec: { count: 2 } }, ...MERGE },
    { method: 'DELETE', path: `${WIDGETS}/${label}` },
  ];
}

const rules = [{ apiGroups: ['example.dev'], apiVersions: ['v1'], resources: ['widgets'], operations: ['*'] }];

/** Each is the condition of one webhook of its own. */
const expressions = [
  'true',
  'false',
  "request.operation == 'CREATE'",
  "request.operation in ['UPDATE', 'DELETE']",
  'oldObject == null',
  'object != null && object.spec.count > 2',
  'object == null ? oldObject.spec.count == 2 : object.spec.count == 3',
  "request.userInfo.username.startsWith('system:')",
  "'system:masters' in request.userInfo.groups",
  "request.userInfo.groups.exists(g, g.endsWith(':authenticated'))",
  "!has(request.subResource) && request.resource.resource == 'widgets' && request.requestKind.kind == 'Widget'",
  "request.options.kind.endsWith('Options')",
  '!request.dryRun',
  "request.namespace == 'default' && has(request.name)",
  'namespaceObject == null',
  'object != null && has(object.metadata.annotations)',
  "object != null && !('absent' in object.metadata.labels)",
  "object != null && object.metadata.annotations['example.dev/url'].contains('8443')",
  "object != null && object.metadata.?annotations['absent'].orValue('none') == 'none'",
  'object != null && object.?spec.?free.?absent.hasValue()',
  "object != null && object.spec.steps.all(s, s.name.matches('^[a-z]+$'))",
  "object != null && object.spec.steps.exists_one(s, has(s.image) && s.image == 'busybox')",
  "object != null && object.spec.steps.filter(s, !has(s.image)).map(s, s.name) == ['two']",
  "object != null && object.spec.steps.map(s, has(s.image), s.name) == ['one']",
  'object != null && size(object.spec.steps) == 2 && object.spec.steps.size() == 2',
  "object != null && object.spec.free.words.indexOf('b') == 1 && object.spec.free.words.lastIndexOf('b') == 2",
  "object != null && object.spec.free.words.isSorted() && object.spec.free.words.min() == 'a' && object.spec.free.words.max() == 'b'",
  "object != null && sets.contains(object.spec.free.words, ['a']) && sets.equivalent(['a', 'b'], object.spec.free.words) && sets.intersects(['b', 'c'], object.spec.free.words)",
  '[1, 2, 3].sum() == 6 && [1.5, 2.5].sum() == 4.0',
  '[3, 1, 2].sort() == [1, 2, 3] && [1, 1, 2].distinct() == [1, 2] && [1, 2].reverse() == [2, 1] && [1, 2, 3].slice(1, 2) == [2]',
  "'A-b'.lowerAscii() == 'a-b' && 'A-b'.upperAscii() == 'A-B' && ' x '.trim() == 'x'",
  "'a,b,c'.split(',') == ['a', 'b', 'c'] && 'a,b,c'.split(',', 2) == ['a', 'b,c'] && ['a', 'b'].join('-') == 'a-b' && ['a', 'b'].join() == 'ab'",
  "'banana'.replace('a', 'o') == 'bonono' && 'banana'.replace('a', 'o', 2) == 'bonona'",
  "'banana'.indexOf('a') == 1 && 'banana'.indexOf('a', 2) == 3 && 'banana'.lastIndexOf('a') == 5 && 'banana'.charAt(1) == 'a'",
  "'banana'.substring(1) == 'anana' && 'banana'.substring(1, 3) == 'an'",
  "'%s is %s'.format(['x', 'y']) == 'x is y' && '%d%%'.format([3]) == '3%' && '%.2f'.format([1.5]) == '1.50'",
  "'abc 123'.find('[0-9]+') == '123' && '1 a 2'.findAll('[0-9]') == ['1', '2'] && '123 abc 456'.findAll('[0-9]+', 1) == ['123']",
  "isURL('https://example.dev') && !isURL('no url')",
  "url('https://example.dev:8443/a%20b?x=1&x=2').getHost() == 'example.dev:8443'",
  "url('https://example.dev:8443/a%20b?x=1&x=2').getPort() == '8443' && url('https://[::1]:80/a').getHostname() == '::1'",
  "url('https://example.dev/a%20b?x=1&x=2').getEscapedPath() == '/a%20b' && url('https://h/?x=1&x=2&y=').getQuery() == {'x': ['1', '2'], 'y': ['']}",
  "url('/path').getScheme() == '' && url('https://h').getScheme() == 'https'",
  "quantity('1Gi').isGreaterThan(quantity('1G')) && quantity('500m').add(quantity('0.5')).compareTo(quantity('1')) == 0",
  "quantity('1k').asInteger() == 1000 && quantity('1.5').asApproximateFloat() == 1.5 && !quantity('1.5').isInteger() && sign(quantity('-1')) == -1",
  "isQuantity('1Mi') && !isQuantity('1xi') && quantity('2').sub(1) == quantity('1')",
  '1 == 1 && 1u == 1u && dyn(1) == dyn(1.0) && 7 / 2 == 3 && -7 % 3 == -1 && 1.5 * 2.0 == 3.0',
  "int('3') == 3 && string(3) == '3' && double('1.5') == 1.5 && uint(3) == 3u && bytes('abc') == b'abc' && type(1) == int",
  "duration('90m') > duration('1h') && duration('1h').getMinutes() == 60",
  "timestamp('2026-01-02T03:04:05Z').getFullYear() == 2026 && timestamp('2026-01-02T03:04:05Z') + duration('1h') == timestamp('2026-01-02T04:04:05Z')",
  "object != null && timestamp(object.metadata.annotations.when) < timestamp('2027-01-01T00:00:00Z')",
  'object != null && object.spec.free.ratio > 1 && object.spec.free.ratio == 1.5 && object.spec.free.on',
  'object != null && object.spec.count in [1, 2, 3] && !(object.spec.count in [4])',
  "object != null && object.spec.free.nested == {'deep': {'key': 'v'}}",
  "{'a': 1, 'b': 2}.exists(k, k == 'b') && {'a': 1}.all(k, k == 'a') && {'a': 1}['a'] == 1",
  "size('é😀') == 2 && r'\\d' == '\\\\d' && '\\u00e9' == 'é'",
  "authorizer.group('').resource('pods').namespace('default').check('create').allowed()",
  "authorizer.group('apps').resource('deployments').subresource('scale').name('x').check('get').allowed() && authorizer.path('/healthz').check('get').allowed()",
  "authorizer.requestResource.check('create').allowed()",
  'has(object.spec.absent) || true',
  'true || object.absent.key == 1',
  'object.absent.key == 1 || true',
  'false && object.absent.key == 1',
  // From here on evaluation fails.
  'object.absent == 1',
  'object.absent.key == 1',
  "object.metadata.labels['absent'] == 'x'",
  'oldObject.spec.count == 1',
  'object.spec.steps[7].name == "x"',
  '1 / 0 == 1',
  'object.spec.steps.all(s, s.image == "busybox")',
];

const refused = ['object.absent == 1', 'object.spec.steps.all(s, s.image == "busybox")'];

/** CEL as matchConditions have it: which writes a webhook is asked about. */
export const conditionCases: AdmissionCase[] = [
  ...expressions.map((expression, index) => ({
    name: `condition ${index}: ${expression.slice(0, 40)}`,
    hooks: [{ entry: { rules, matchConditions: [{ name: 'one', expression }], failurePolicy: 'Ignore' } }],
    requests: writes,
  })),
  ...refused.map((expression, index) => ({
    name: `failing condition ${index}`,
    hooks: [{ entry: { rules, matchConditions: [{ name: 'one', expression }] } }],
    requests: writes,
  })),
  {
    name: 'a failing condition of a validating webhook',
    hooks: [
      { kind: 'validating', entry: { rules, matchConditions: [{ name: 'one', expression: 'object.absent == 1' }] } },
    ],
  },
  {
    name: 'a failing condition for a generated name',
    hooks: [{ entry: { matchConditions: [{ name: 'one', expression: 'object.absent == 1' }] } }],
    requests: (label) => [
      { ...creation(label), body: { ...widget(''), metadata: { generateName: 'run-', labels: { case: label } } } },
    ],
  },
  {
    name: 'one of several conditions is false',
    hooks: [
      {
        entry: {
          matchConditions: [
            { name: 'fails', expression: 'object.absent == 1' },
            { name: 'false', expression: 'false' },
          ],
        },
      },
    ],
  },
  {
    name: 'several conditions fail',
    hooks: [
      {
        entry: {
          matchConditions: [
            { name: 'one', expression: 'object.absent == 1' },
            { name: 'true', expression: 'true' },
            { name: 'two', expression: 'object.missing == 1' },
          ],
        },
      },
    ],
  },
  {
    name: 'conditions see what webhooks before did',
    hooks: [
      {
        does: {
          response: {
            allowed: true,
            patchType: 'JSONPatch',
            patch: btoa('[{"op":"add","path":"/spec/count","value":4}]'),
          },
        },
      },
      { entry: { matchConditions: [{ name: 'one', expression: 'object.spec.count == 4' }] } },
    ],
    requests: (label) => [{ ...creation(label), body: widget(label, { labels: { case: label } }, { count: 1 }) }],
  },
];
