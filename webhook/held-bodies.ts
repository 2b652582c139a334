import type { IncomingMessage } from 'node:http';

import type { RequestHandler } from 'express';

/**
 * Limits what the bodies of all requests that are not answered hold together, in bytes. Past `maxBytes`, the connection of the request that holds the
 * most is cut: so a small review is answered while somebody sends many large bodies slowly. `onCut` gets what that request held.
 */
export function limitHeldBodies(maxBytes: number, onCut: (heldBytes: number) => void): RequestHandler {
  const held = new Map<IncomingMessage, number>();
  let sum = 0;
  const release = (request: IncomingMessage): number => {
    const bytes = held.get(request) ?? 0;
    held.delete(request);
    sum -= bytes;
    return bytes;
  };
  const cutLargest = (): void => {
    const [largest] = [...held].reduce((most, one) => (one[1] > most[1] ? one : most));
    const bytes = release(largest);
    largest.destroy();
    onCut(bytes);
  };
  return (request, response, next) => {
    // The parser of bodies listens, too, before the first chunk comes.
    request.on('data', (chunk: Buffer) => {
      if (request.destroyed) return;
      held.set(request, (held.get(request) ?? 0) + chunk.length);
      sum += chunk.length;
      if (sum > maxBytes) cutLargest();
    });
    response.once('close', () => release(request));
    next();
  };
}
