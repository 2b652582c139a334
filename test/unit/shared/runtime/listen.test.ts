import { createServer } from 'node:http';

import { expect, test } from '@jest/globals';

import { createLogger } from '../../../../shared/runtime/log.ts';
import { listen } from '../../../../shared/runtime/listen.ts';

test('a port that is taken is refused; a connection that can not be accepted later is logged, and nothing ends', async () => {
  const lines: string[] = [];
  const log = createLogger({ write: (line) => void lines.push(line) });
  const server = createServer();
  const port = await listen(server, { port: 0, host: '127.0.0.1' }, log);
  await expect(listen(createServer(), { port, host: '127.0.0.1' }, log)).rejects.toThrow('EADDRINUSE');
  server.emit('error', Object.assign(new Error('accept EMFILE'), { code: 'EMFILE' }));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('accept EMFILE');
  server.close();
});
