import { builtInType } from '../catalog/built-in.ts';
import type { KubeObject } from '../object.ts';
import { checkScalePatchType } from '../patch/apply.ts';
import { decode } from '../registry/decode.ts';
import { scaleOf, updateScale } from '../registry/scale.ts';
import { checkName } from '../registry/update.ts';
import type { Target } from '../registry/update.ts';
import { methodNotAllowed } from '../status.ts';
import { contentTypeOf, readObject } from './body.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { sendJson } from './respond.ts';
import { patchChange, readPatchOf } from './writes.ts';

const scaleType = builtInType({ group: 'autoscaling', resource: 'scales', kind: 'Scale' });

/** The changed Scale of a request. */
async function readChange(exchange: Exchange, target: Target): Promise<(current: KubeObject) => KubeObject> {
  const { request, type, write } = exchange;
  const ofScale = { ...exchange, type: scaleType };
  if (request.method === 'PATCH') {
    const contentType = contentTypeOf(request);
    checkScalePatchType(contentType, type);
    return patchChange(ofScale, await readPatchOf(ofScale, contentType));
  }
  const scale = decode(scaleType, await readObject(request, scaleType, write), write);
  checkName(target, scale);
  return () => scale;
}

/** `deployments/NAME/scale`: read, replaced or patched, but not applied here. */
export async function serveScale(
  server: ResourceServer,
  exchange: Exchange,
  target: Target,
  current: () => KubeObject,
): Promise<void> {
  const { request, response, type, write } = exchange;
  if (request.method === 'GET') return sendJson(response, 200, scaleOf(type, current()));
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  current();
  sendJson(response, 200, await updateScale(server.api, target, await readChange(exchange, target), write));
}
