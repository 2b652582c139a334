import { expect, test } from '@jest/globals';

import { plainCommand } from '../../../../cli/local/plain-command.ts';

test.each([
  [{}, ['run', '-f', 'a.yaml'], 'tektrace run -f a.yaml --isolation plain'],
  [{ npm_lifecycle_event: 'start' }, ['up', '--run', 'x'], 'npm start -- --isolation plain'],
  [{ npm_lifecycle_event: 'tektrace' }, ['up'], 'npm run -s tektrace -- up --isolation plain'],
])('the command with plain isolation, for %j and %j', (env, args, command) => {
  expect(plainCommand(env, args)).toBe(command);
});
