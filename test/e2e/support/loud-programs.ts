import { createHash } from 'node:crypto';

export interface LoudProgram {
  name: string;
  script: string;
  /** What it writes, made here without it. */
  output: () => Iterable<string | Buffer>;
}

export const BYTES = 100_000_000;

function* lines(count: number, line: (i: number) => string): Generator<string> {
  const batch = 1000;
  for (let from = 0; from < count; from += batch)
    yield Array.from({ length: Math.min(batch, count - from) }, (_, i) => `${line(from + i)}\n`).join('');
}

const index = (i: number): string => String(i).padStart(6, '0');
const PAD = 'x'.repeat(92);
const WIDE = 'w'.repeat(992);

/** A block with bytes of every value, line feeds among them. */
const block = Buffer.from(Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255));

const python = [
  {
    name: 'python',
    script: `#!/usr/bin/env python3\nfor i in range(1000000):\n    print('%06d ${PAD}' % i)\n`,
    output: () => lines(1_000_000, (i) => `${index(i)} ${PAD}`),
  },
];

/** 100 MB each. `python3`: whether steps find it. */
export const loudPrograms = (python3: boolean): LoudProgram[] => [
  {
    name: 'sh',
    script: `i=0\nwhile [ $i -lt 100000 ]; do printf '%06d %s\\n' $i ${WIDE}; i=$((i + 1)); done\n`,
    output: () => lines(100_000, (i) => `${index(i)} ${WIDE}`),
  },
  ...(python3 ? python : []),
  {
    name: 'node',
    script: `#!/usr/bin/env node\nfor (let i = 0; i < 1000000; i++) console.log(String(i).padStart(6, '0') + ' ${PAD}');\n`,
    output: () => lines(1_000_000, (i) => `${index(i)} ${PAD}`),
  },
  {
    name: 'cat',
    script: `head -c 99000099 /dev/zero | tr '\\0' x | fold -w 99 > /tmp/big; cat /tmp/big\n`,
    output: function* () {
      yield* lines(1_000_000, () => 'x'.repeat(99));
      yield 'x'.repeat(99);
    },
  },
  {
    name: 'short-lines',
    script: 'seq 10000000 25000000 | head -c 100000000\n',
    output: function* () {
      let left = BYTES;
      for (const text of lines(12_000_000, (i) => String(10_000_000 + i))) {
        yield text.slice(0, left);
        left -= Math.min(left, text.length);
      }
      if (left > 0) throw new Error('too short');
    },
  },
  {
    name: 'mixed',
    script: `i=0\nwhile [ $i -lt 50000 ]; do printf '%06d %s\\n' $i ${WIDE}; printf '%06d %s\\n' $i ${WIDE} >&2; i=$((i + 1)); done\n`,
    output: () => lines(100_000, (i) => `${index(i >> 1)} ${WIDE}`),
  },
  {
    name: 'long-lines',
    script: `#!/usr/bin/env node
const fs = require('fs');
const line = Buffer.from('l'.repeat(999999) + '\\n');
for (let i = 0; i < 100; i++) for (let done = 0; done < line.length; ) done += fs.writeSync(1, line, done);
`,
    output: () => lines(100, () => 'l'.repeat(999_999)),
  },
  {
    name: 'binary',
    script: `#!/usr/bin/env node
const block = Buffer.from(Array.from({ length: 1000000 }, (_, i) => (i * 31 + (i >> 8) * 7) & 255));
for (let i = 0; i < 100; i++) process.stdout.write(block.subarray(i)), process.stdout.write(block.subarray(0, i));
`,
    output: function* () {
      for (let i = 0; i < 100; i++) yield* [block.subarray(i), block.subarray(0, i)];
    },
  },
  {
    name: 'one-line',
    script: `head -c ${BYTES} /dev/zero | tr '\\0' y\n`,
    output: () => Array.from({ length: 100 }, () => 'y'.repeat(BYTES / 100)),
  },
];

export interface Digest {
  bytes: number;
  sha256: string;
}

/** Of parts as they come. */
export async function digest(parts: Iterable<string | Buffer> | AsyncIterable<Buffer>): Promise<Digest> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const part of parts) {
    const data = Buffer.from(part);
    hash.update(data);
    bytes += data.length;
  }
  return { bytes, sha256: hash.digest('hex') };
}
