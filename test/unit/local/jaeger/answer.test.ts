import { expect, test } from '@jest/globals';

import { textOf } from '../../../../local/jaeger/answer.ts';

test('the reason of a page is read, of a page of megabytes its beginning', () => {
  expect(textOf('<html><style>a{}</style><h1>502  Bad Gateway</h1></html>')).toBe('502 Bad Gateway');
  expect(textOf(`<h1>busy</h1>${'<script'.repeat(500_000)}`)).toMatch(/^busy /);
});
