import { isObject, objectsIn } from '../object.ts';
import type { Store } from '../storage/store.ts';
import type { ServiceReference } from './webhook.ts';

const DEFAULT_PORT = 443;

/** The URL of a Service's webhook, for the check of its certificate and for errors. */
export function serviceUrl({ name = '', namespace = '', path = '', port = DEFAULT_PORT }: ServiceReference): string {
  return `https://${name}.${namespace}.svc:${port}${path.startsWith('/') ? '' : '/'}${path}`;
}

/**
 * The address behind a Service's port, from its Endpoints: there is no cluster network that routes the Service's address. Throws a
 * kube-apiserver's error if there is no such Service, port or endpoint.
 */
export function serviceEndpoint(store: Store, reference: ServiceReference): { host: string; port: number } {
  const { name = '', namespace = '', port: wanted = DEFAULT_PORT } = reference;
  const service = store.get('/services', namespace, name);
  if (service === undefined) throw new Error(`service ${JSON.stringify(name)} not found`);
  const ports = objectsIn(isObject(service['spec']) ? service['spec']['ports'] : undefined);
  const servicePort = ports.find(({ port }) => port === wanted);
  if (servicePort === undefined) throw new Error(`no service port ${wanted} found for service ${JSON.stringify(name)}`);
  for (const subset of objectsIn(store.get('/endpoints', namespace, name)?.['subsets'])) {
    const port = objectsIn(subset['ports']).find((one) => (one['name'] ?? '') === (servicePort['name'] ?? ''))?.[
      'port'
    ];
    const host = objectsIn(subset['addresses'])[0]?.['ip'];
    if (typeof port === 'number' && typeof host === 'string') return { host, port };
  }
  throw new Error(`no endpoints available for service ${JSON.stringify(name)}`);
}
