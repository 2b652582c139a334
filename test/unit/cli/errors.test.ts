import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';

import { expect, test } from '@jest/globals';

import { sentence, withAdvice } from '../../../cli/errors.ts';
import { didYouMean } from '../../../cli/options/suggest.ts';

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test('a removed working directory is named', () => {
  const gone = Object.assign(new Error('ENOENT: process.cwd failed'), { code: 'ENOENT', syscall: 'uv_cwd' });
  expect(sentence(gone)).toBe('the directory in which this was started was removed: change to another one');
});

test('an error of the operating system names its file or address once, in plain words', async () => {
  expect(sentence(await thrown(readFile('/nowhere/x')))).toBe('/nowhere/x: there is no such file or directory');
  const listen = (port: number) =>
    new Promise<ReturnType<typeof createServer>>((resolve, reject) => {
      const server = createServer().once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve(server));
    });
  const server = await listen(0);
  const { port } = server.address() as { port: number };
  expect(sentence(await thrown(listen(port)))).toBe(
    `127.0.0.1:${port}: another program listens there: choose another port, or 0 for any that is free`,
  );
  server.close();
});

test.each([
  [{ code: 'EACCES', syscall: 'open', path: '/x' }, '/x: this user has no permission for it'],
  [
    { code: 'EACCES', syscall: 'listen', address: '::', port: 80 },
    ':::80: ports below 1024 are for root: choose another port',
  ],
  [{ code: 'EISDIR' }, 'this is a directory, not a file'],
  [{ code: 'EMFILE', path: '/x' }, '/x: this process has reached its limit of open files: raise it with ulimit -n'],
  [{ code: 'ENOSPC' }, 'the disk is full: free some space'],
  [{ code: 'ENOTFOUND', hostname: 'jaeger' }, 'jaeger: there is no host with that name'],
  [{ code: 'ESOMETHING' }, 'the message'],
  [{}, 'the message'],
])('%j', (fields, expected) => {
  expect(sentence(Object.assign(new Error('the message'), fields))).toBe(expected);
});

test('a failed request has its cause’s address and reason, or its own message without a cause', () => {
  const failed = (cause: object) => sentence(new Error('GET https://a: connect failed', { cause }));
  expect(failed({ code: 'ECONNREFUSED', address: '127.0.0.1', port: 9 })).toBe(
    '127.0.0.1:9: nothing listens there: is it running, and is the port right?',
  );
  expect(failed({ code: 'ECONNRESET' })).toBe('GET https://a: connect failed');
});

test('a thrown value that is not an Error is printed unchanged', () => {
  expect(sentence('gone')).toBe('gone');
});

test.each([
  ['--timeuot', ' (did you mean --timeout?)'],
  ['--param-file', ''],
  ['--trace', ' (did you mean --trace-out?)'],
  ['--fil', ' (did you mean --file?)'],
  ['--nonsense', ''],
  [`--${'x'.repeat(1000)}`, ''],
])('%s', (word, expected) => {
  expect(didYouMean(word, ['--file', '--param', '--timeout', '--trace-out'])).toBe(expected);
});

test('of several names that begin with the word the shortest is meant', () => {
  expect(didYouMean('step', ['stepTemplate', 'steps', 'stop'])).toBe(' (did you mean steps?)');
});

test('a message with an error of the machine gets advice; any other is not changed', () => {
  expect(withAdvice('exited with code 128: StartError: spawn mkfifo EMFILE')).toBe(
    'exited with code 128: StartError: spawn mkfifo EMFILE (this process has reached its limit of open files: raise it with ulimit -n)',
  );
  expect(withAdvice('exit code 1: ENOENT: no such file')).toBe('exit code 1: ENOENT: no such file');
});

const OPENSSL =
  '408D491F597F0000:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/openssl/openssl/ssl/record/methods/tlsany_meth.c:77:\n';

test.each([`write EPROTO ${OPENSSL}`, OPENSSL])(
  'of what OpenSSL says only the reason stays, with what to do: %j',
  (message) => {
    expect(sentence(new Error(`GET https://127.0.0.1:80/api: ${message}`))).toBe(
      'GET https://127.0.0.1:80/api: wrong version number: no TLS is spoken at this port: http:// instead of https://, or another port',
    );
  },
);
