import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

import { startCluster } from '../integration/node/cluster.ts';
import type { TestCluster } from '../integration/node/cluster.ts';
import { isolations } from '../support/isolations.ts';

/** Go's own writes: to a pipe that does not block they would be retried by its poller, to one that blocks they take a thread. */
const SOURCE = `package main

import (
	"fmt"
	"os"
	"strings"
)

func main() {
	wide := strings.Repeat("g", 992)
	for i := 0; i < 50000; i++ {
		fmt.Printf("%06d %s\\n", i, wide)
		fmt.Fprintf(os.Stderr, "%06d %s\\n", i, wide)
	}
	fmt.Print("end")
}
`;
const TIMEOUT_MS = 300_000;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tektrace-test-'));
  await writeFile(path.join(directory, 'main.go'), SOURCE);
  await promisify(execFile)('go', ['build', '-o', 'loud', 'main.go'], {
    cwd: directory,
    env: { ...process.env, CGO_ENABLED: '0', GOFLAGS: '', GO111MODULE: 'off' },
  });
}, TIMEOUT_MS);
afterAll(() => rm(directory, { recursive: true }));

function expected(): string {
  const hash = createHash('sha256');
  const wide = 'g'.repeat(992);
  for (let i = 0; i < 50_000; i++) hash.update(`${String(i).padStart(6, '0')} ${wide}\n`.repeat(2));
  return hash.update('end').digest('hex');
}

describe.each(isolations)('a loud Go program in isolation %s', (isolation) => {
  let cluster: TestCluster;
  beforeAll(async () => {
    cluster = await startCluster({ isolation, allowHostPath: true });
  });
  afterAll(() => cluster.close());

  test(
    'is whole in the log, in the order in which it was written',
    async () => {
      const { metadata } = await cluster.createPod({
        volumes: [{ name: 'program', hostPath: { path: directory } }],
        containers: [
          {
            name: 'main',
            image: 'x',
            command: ['/program/loud'],
            volumeMounts: [{ name: 'program', mountPath: '/program' }],
          },
        ],
      });
      const pod = metadata.name ?? '';
      const { status } = await cluster.ended(pod);
      expect(status?.containerStatuses?.[0]?.state.terminated?.exitCode).toBe(0);
      const hash = createHash('sha256');
      const signal = new AbortController().signal;
      const request = { namespace: 'default', pod, container: 'main', follow: true, timestamps: false, signal };
      for await (const chunk of cluster.node.logs.logs(request)) hash.update(chunk);
      expect(hash.digest('hex')).toBe(expected());
    },
    TIMEOUT_MS,
  );
});
