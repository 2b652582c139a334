import { fileURLToPath } from 'node:url';
import express, { type RequestHandler, type Router } from 'express';

const PAGE_FOLDER = fileURLToPath(new URL('../viewer/page/', import.meta.url));

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

/** The viewer's scripts and styles, which are the same for everyone and need no token. */
export function assetsRouter(): Router {
  const router = express.Router();
  router.use('/page', express.static(PAGE_FOLDER, { index: false, redirect: false, cacheControl: false }));
  return router;
}

/** The viewer: one page for `/` (the list of traces), `/trace/:id` and `/compare/:before/:after`. */
export function pageRouter(): Router {
  const router = express.Router();
  router.get(['/', '/trace/:id', '/compare/:before/:after'], (_request, response) => {
    response.sendFile('index.html', { root: PAGE_FOLDER, cacheControl: false });
  });
  return router;
}
