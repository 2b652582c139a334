import { expect, test } from '@jest/globals';

import { readyText } from '../../../../cli/commands/up.ts';

test('the way to the cluster is said again where traces were drawn since the first time', () => {
  const way = '  kubectl   export KUBECONFIG=/tmp/k/kubeconfig\n';
  expect(readyText('/tmp/k/kubeconfig', true)).toContain(way);
  expect(readyText('/tmp/k/kubeconfig', false)).not.toContain(way);
  for (const isScrolledAway of [true, false])
    expect(readyText('/tmp/k/kubeconfig', isScrolledAway)).toContain(
      'Runs that you create with kubectl are reported here',
    );
});
