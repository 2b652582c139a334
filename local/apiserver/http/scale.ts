import { isObject } from '../object.ts';
import type { JsonObject, KubeObject } from '../object.ts';
import { applyPatch, checkScalePatchType } from '../patch/apply.ts';
import { scaleOf, updateScale } from '../registry/scale.ts';
import type { Target } from '../registry/update.ts';
import { namedSchema } from '../schema/models.ts';
import { badRequest, methodNotAllowed } from '../status.ts';
import { contentTypeOf, readBody, readPatch } from './body.ts';
import type { Exchange, ResourceServer } from './exchange.ts';
import { sendJson } from './respond.ts';

const schema = namedSchema('io.k8s.api.autoscaling.v1.Scale');

async function readChange({ request, write }: Exchange): Promise<(current: KubeObject) => JsonObject> {
  if (request.method === 'PATCH') {
    const contentType = contentTypeOf(request);
    checkScalePatchType(contentType);
    const patch = await readPatch(request, 'error decoding patch: ', write.strictErrors);
    return (current) => applyPatch(contentType, schema, current, patch);
  }
  const scale = await readBody(request);
  if (!isObject(scale)) throw badRequest('Scale in version "v1" cannot be handled as a Scale');
  return () => scale;
}

/** `deployments/NAME/scale`: read, replaced or patched, but not applied here. */
export async function serveScale(
  server: ResourceServer,
  exchange: Exchange,
  target: Target,
  current: () => KubeObject,
): Promise<void> {
  const { request, response, write } = exchange;
  if (request.method === 'GET') return sendJson(response, 200, scaleOf(current()));
  if (request.method !== 'PUT' && request.method !== 'PATCH') throw methodNotAllowed();
  sendJson(response, 200, await updateScale(server.api, target, await readChange(exchange), write));
}
