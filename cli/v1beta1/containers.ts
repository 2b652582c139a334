import { ofEach, renamed, without, withFields } from './json.ts';
import type { Json } from './json.ts';
import { params, reference } from './params.ts';

/** Fields of a container that v1 removed from steps and the stepTemplate, in the order in which upstream writes them. */
export const DEPRECATED_FIELDS = [
  'ports',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'stdin',
  'stdinOnce',
  'tty',
] as const;

const TO_V1 = { resources: 'computeResources' };
const FROM_V1 = { computeResources: 'resources' };

const given = (step: Json): Json => withFields(step, { params, ref: reference });

/** Requests and limits of a step and a stepTemplate: `resources` in v1beta1, `computeResources` in v1. */
export const stepToV1 = (step: Json): Json => given(renamed(without(step, ...DEPRECATED_FIELDS), TO_V1));
export const stepFromV1 = (step: Json): Json => given(renamed(step, FROM_V1));

/** A stepTemplate has no name in v1. */
export const stepTemplateToV1 = (template: Json): Json =>
  renamed(without(template, 'name', ...DEPRECATED_FIELDS), TO_V1);
export const stepTemplateFromV1 = (template: Json): Json => renamed(template, FROM_V1);

/** Sidecars keep all fields of a container in both versions; so do a run's overrides for steps and sidecars. */
export const resourcesToV1 = ofEach((container) => renamed(container, TO_V1));
export const resourcesFromV1 = ofEach((container) => renamed(container, FROM_V1));
