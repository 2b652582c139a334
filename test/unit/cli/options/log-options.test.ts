import { expect, test } from '@jest/globals';

import { controllerSpec } from '../../../../cli/commands/controller.ts';
import { runSpec } from '../../../../cli/commands/run.ts';
import { upSpec } from '../../../../cli/commands/up.ts';
import { webhookSpec } from '../../../../cli/commands/webhook.ts';
import { CLUSTER_LOG, logSettings, showsStacks, TERMINAL_LOG } from '../../../../cli/options/log-options.ts';

test.each([
  [['run', '--log-level', 'debug'], {}, true],
  [['run', '--log-level=debug'], {}, true],
  [['run'], { TEKTRACE_DEBUG: '1' }, true],
  [['run', '--log-level', 'info'], {}, false],
  [['run', '-f', 'debug'], {}, false],
])('%j with %j shows stacks: %s', (args, env, expected) => {
  expect(showsStacks(args, env)).toBe(expected);
});

test.each([
  [runSpec, TERMINAL_LOG],
  [upSpec, TERMINAL_LOG],
  [controllerSpec, CLUSTER_LOG],
  [webhookSpec, CLUSTER_LOG],
])('the help of a command says its own defaults', ({ options }, defaults) => {
  expect(options['log-level']?.help).toBe(`Default ${defaults.level}.`);
  expect(options['log-format']?.help).toBe(`Default ${defaults.format}.`);
  expect(logSettings({}, defaults)).toMatchObject(defaults);
});
