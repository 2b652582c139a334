import type { KubeClient } from '../../shared/kubernetes/client.ts';
import { isNotFound } from '../../shared/kubernetes/errors.ts';
import { CONFIGMAPS, resourcePath, SECRETS } from '../../shared/kubernetes/resources.ts';

/** A ConfigMap's or Secret's content, decoded. */
export type Payload = Map<string, Buffer>;

/** Reads the ConfigMaps and Secrets that Pods name. */
export interface ObjectSource {
  /** Throws `configmap "x" not found`, unless optional: then undefined. */
  configMap(namespace: string, name: string, optional: boolean | undefined): Promise<Payload | undefined>;
  secret(namespace: string, name: string, optional: boolean | undefined): Promise<Payload | undefined>;
}

interface DataObject {
  data?: Record<string, string>;
  binaryData?: Record<string, string>;
}

const decode = (data: Record<string, string> | undefined, encoding: BufferEncoding): [string, Buffer][] =>
  Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]);

/** Reads from the API server each time: a Pod gets the values at its start. */
export function createObjectSource(client: KubeClient): ObjectSource {
  async function read(path: string, what: string, optional: boolean | undefined): Promise<DataObject | undefined> {
    try {
      return await client.request<DataObject>('GET', path);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      if (optional) return undefined;
      throw new Error(`${what} not found`, { cause: error });
    }
  }
  return {
    async configMap(namespace, name, optional) {
      const found = await read(resourcePath(CONFIGMAPS, { namespace, name }), `configmap "${name}"`, optional);
      return found && new Map([...decode(found.data, 'utf8'), ...decode(found.binaryData, 'base64')]);
    },
    async secret(namespace, name, optional) {
      const found = await read(resourcePath(SECRETS, { namespace, name }), `secret "${name}"`, optional);
      return found && new Map(decode(found.data, 'base64'));
    },
  };
}
