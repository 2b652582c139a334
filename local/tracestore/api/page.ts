import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Router } from 'express';
import { readAssets } from './assets.ts';
import { parseTraceId } from './trace-id.ts';

const PAGE_FOLDER = fileURLToPath(new URL('../../viewer/page/', import.meta.url));

const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Nothing of a trace is executed, framed, cached or sent to other sites. */
export const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': CONTENT_SECURITY_POLICY,
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  next();
};

/** The viewer's scripts and styles, which are the same for everyone and need no token. A browser asks each time whether they have changed. */
export function assetsRouter(): Router {
  const router = express.Router();
  const assets = readAssets(PAGE_FOLDER);
  router.get('/page/*name', (request, response, next) => {
    const asset = assets.get(request.params.name.join('/'));
    if (!asset) {
      next();
      return;
    }
    response.type(asset.type).vary('Accept-Encoding').set({ 'Cache-Control': 'no-cache', ETag: asset.etag });
    if (request.fresh) response.status(304).end();
    else if (request.acceptsEncodings('gzip') === 'gzip') response.set('Content-Encoding', 'gzip').send(asset.gzip);
    else response.send(asset.content);
  });
  return router;
}

/**
 * The viewer: one page for `/` (the list of traces), `/trace/:id` and `/compare/:before/:after`. Its modules load at once, not one after the other. An
 * address whose id is none answers 400: the list must not be shown in its place.
 */
export function pageRouter(): Router {
  const router = express.Router();
  const modules = readdirSync(PAGE_FOLDER, { encoding: 'utf8', recursive: true }).filter((name) =>
    name.endsWith('.js'),
  );
  const links = modules.map((name) => `    <link rel="modulepreload" href="/page/${name}" />\n`).join('');
  const html = readFileSync(path.join(PAGE_FOLDER, 'index.html'), 'utf8').replace('  </head>', `${links}  </head>`);
  router.get(['/', '/trace/:id', '/compare/:before/:after'], ({ params }, response) => {
    for (const id of Object.values(params)) parseTraceId(String(id));
    response.type('text/html').send(html);
  });
  return router;
}
