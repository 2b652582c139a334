import { hash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

/** A file of the page, in memory: all of them together are smaller than one picture. */
export interface Asset {
  type: string;
  content: Buffer;
  gzip: Buffer;
  etag: string;
}

const TYPES: Record<string, string> = { '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

/** The scripts, styles and pictures of a folder and of those below it, by path (`list/list-view.js`); other files are left out. */
export function readAssets(folder: string): Map<string, Asset> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(folder, { encoding: 'utf8', recursive: true })) {
    const type = TYPES[path.extname(name)];
    if (type === undefined) continue;
    const content = readFileSync(path.join(folder, name));
    assets.set(name, { type, content, gzip: gzipSync(content), etag: `"${hash('sha256', content).slice(0, 22)}"` });
  }
  return assets;
}
