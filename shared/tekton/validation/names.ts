import { parseDurationMs } from '../duration.ts';
import type { ValidationError } from './validation-error.ts';

const MAX_RUN_NAME = 63;
const DNS_SUBDOMAIN = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const PARAM_NAME = /^[A-Za-z_][\w.-]*$/;

/** A pipeline task's or step's name becomes part of object names: a DNS label. */
export function validateLabelName(path: string, name: string | undefined): ValidationError[] {
  if (name !== undefined && DNS_LABEL.test(name)) return [];
  const message = name
    ? `${JSON.stringify(name)} is not a valid name: lower-case letters, digits and "-", at most 63 characters`
    : 'a name is required';
  return [{ path, message }];
}

/** A run's name becomes the value of labels: at most 63 characters (upstream's ObjectMetadata). It may be absent, because it can be generated. */
export function validateRunName(name: string | undefined): ValidationError[] {
  if (name === undefined || name.length <= MAX_RUN_NAME) return [];
  return [
    { path: 'metadata.name', message: `${JSON.stringify(name)} is longer than ${MAX_RUN_NAME} characters: shorten it` },
  ];
}

/** The name of an object that a field refers to: a DNS subdomain. It may be absent, or contain references that are replaced later. */
export function validateObjectName(path: string, name: string | undefined): ValidationError[] {
  if (name === undefined || name === '' || name.includes('$(') || DNS_SUBDOMAIN.test(name)) return [];
  const message = `${JSON.stringify(name)} is not a valid name: lower-case letters, digits, "-" and ".", at most 253 characters`;
  return [{ path, message }];
}

/** Params and results: letters, digits, `_`, `-` and `.`, not starting with a digit. */
export function validateParamName(path: string, name: string): ValidationError[] {
  if (PARAM_NAME.test(name)) return [];
  return [
    {
      path,
      message: `${JSON.stringify(name)} is not a valid name: letters, digits, "_", "-" and ".", starting with a letter or "_"`,
    },
  ];
}

/** A Go duration such as `1h30m`. It may be absent. */
export function validateDuration(path: string, text: string | undefined): ValidationError[] {
  if (text === undefined || parseDurationMs(text) !== undefined) return [];
  return [{ path, message: `"${text}" is not a duration such as 1h30m or 90s` }];
}
