import type { Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { Resource } from '@opentelemetry/resources';

import type { Logger } from '../runtime/log.ts';
import { variable } from './environment.ts';
import type { Environment } from './environment.ts';

export const LIFECYCLE_SERVICE = 'tekton-pipelines';
export const PIPELINE_RUN_SERVICE = 'pipelinerun-reconciler';
export const TASK_RUN_SERVICE = 'taskrun-reconciler';

const VARIABLE = 'OTEL_RESOURCE_ATTRIBUTES';

/**
 * Attributes for Jaeger's clock-skew adjustment: its v3 API compares `host.*`, `/api/traces` compares `ip`. All spans of a cluster have equal
 * values, so a child outside its parent's time gets no clock-skew warning.
 */
export function hostAttributes(clusterKey: string): Record<string, string> {
  return { 'host.id': clusterKey, 'host.name': clusterKey, ip: clusterKey };
}

const ownKeys = ['service.name', ...Object.keys(hostAttributes(''))];

/** A service's resource. It has nothing of the process or the SDK, so that a second export is equal. Our attributes replace those of `given`. */
export function serviceResource(service: string, clusterKey: string, given: Attributes = {}): Resource {
  return resourceFromAttributes({ ...given, 'service.name': service, ...hostAttributes(clusterKey) });
}

/** A percent-encoded `key=value` as a pair; a string with the problem if it is invalid. */
function parseEntry(entry: string): [string, string] | string {
  const [key = '', value, ...more] = entry.split('=').map((part) => part.trim());
  if (key === '') return 'the key is missing';
  if (value === undefined) return 'expected key=value';
  if (more.length > 0) return 'a = in a value is written %3D';
  try {
    return [decodeURIComponent(key), decodeURIComponent(value)];
  } catch {
    return 'a % has to be followed by two hexadecimal digits of UTF-8 (%25 for a % itself)';
  }
}

/**
 * The attributes of OTEL_RESOURCE_ATTRIBUTES for each span's resource. One invalid entry disables the whole variable (OpenTelemetry's resource
 * specification); the warning has the entry's number, not its value. Fixed keys (`service.name`, which OTEL_SERVICE_NAME sets as well, and the
 * cluster's host) give a warning and are left out.
 */
export function readResourceAttributes(env: Environment, log: Logger): Record<string, string> {
  if (variable(env, 'OTEL_SERVICE_NAME'))
    log.warn('the variable has no effect here: the services of a trace have fixed names', {
      variable: 'OTEL_SERVICE_NAME',
      instead: `service.namespace in ${VARIABLE}`,
    });
  const entries = (variable(env, VARIABLE)?.value ?? '').split(',').filter((entry) => entry.trim() !== '');
  const attributes: Record<string, string> = {};
  for (const [index, entry] of entries.entries()) {
    const parsed = parseEntry(entry);
    if (typeof parsed === 'string') {
      log.warn('the variable is not used: one of its entries is invalid', {
        variable: VARIABLE,
        entry: index + 1,
        reason: parsed,
      });
      return {};
    }
    Object.defineProperty(attributes, parsed[0], { value: parsed[1], enumerable: true, configurable: true });
  }
  for (const key of ownKeys.filter((own) => Object.hasOwn(attributes, own))) {
    log.warn('a key of the variable is not used: it has a fixed value here', { variable: VARIABLE, key });
    Reflect.deleteProperty(attributes, key);
  }
  return attributes;
}
