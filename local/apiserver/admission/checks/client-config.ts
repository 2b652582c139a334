import { invalid, required } from '../../field-errors.ts';
import type { FieldError } from '../../field-errors.ts';
import { subdomainProblems } from '../../qualified-name.ts';
import type { ServiceReference, Webhook } from '../webhook.ts';

const FORM = '; desired format: https://host[/path]';
/** The parts of a URL (RFC 3986, appendix B). */
const urlParts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

function parseProblem(url: string, host: string): string | undefined {
  const port = /:([^:\]]*)$/.exec(host)?.[1];
  if (port !== undefined && !/^\d*$/.test(port)) return `invalid port ":${port}" after host`;
  if (url.startsWith(':')) return 'missing protocol scheme';
  return /\p{Cc}/u.test(url) ? 'net/url: invalid control character in URL' : undefined;
}

function checkUrl(url: string, field: string): FieldError[] {
  const [, scheme = '', authority = '', , query = '', fragment = ''] = urlParts.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  const host = authority.slice(at + 1);
  const problem = parseProblem(url, host);
  if (problem !== undefined)
    return [required(field, `url must be a valid URL: parse ${JSON.stringify(url)}: ${problem}${FORM}`)];
  const errors: FieldError[] = [];
  if (scheme !== 'https') errors.push(invalid(field, scheme, `'https' is the only allowed URL scheme${FORM}`));
  if (host === '') errors.push(invalid(field, host, `host must be specified${FORM}`));
  if (at !== -1) errors.push(invalid(field, authority.slice(0, at), 'user information is not permitted in the URL'));
  if (fragment !== '') errors.push(invalid(field, fragment, 'fragments are not permitted in the URL'));
  if (query !== '') errors.push(invalid(field, query, 'query parameters are not permitted in the URL'));
  return errors;
}

function checkPath(path: string, field: string): FieldError[] {
  if (path === '' || path === '/') return [];
  if (path === '//') return [invalid(field, path, 'segment[0] may not be empty')];
  const errors = path.startsWith('/') ? [] : [invalid(field, path, "must start with a '/'")];
  const steps = path.slice(1).replace(/\/$/, '').split('/');
  return [
    ...errors,
    ...steps.flatMap((step, index) =>
      (step === '' ? [' may not be empty'] : subdomainProblems(step).map((one) => `: ${one}`)).map((problem) =>
        invalid(field, path, `segment[${index}]${problem}`),
      ),
    ),
  ];
}

function checkService(service: ServiceReference, field: string): FieldError[] {
  const { name = '', namespace = '', port = 443, path = '' } = service;
  return [
    // A kube-apiserver swaps the two.
    ...(namespace === '' ? [required(`${field}.name`)] : []),
    ...(name === '' ? [required(`${field}.namespace`)] : []),
    ...(port >= 1 && port <= 65_535
      ? []
      : [invalid(`${field}.port`, port, 'port is not valid: must be between 1 and 65535, inclusive')]),
    ...checkPath(path, `${field}.path`),
  ];
}

/** All errors in a clientConfig. */
export function checkClientConfig(config: Webhook['clientConfig'] | undefined, field: string): FieldError[] {
  const { url, service } = config ?? {};
  if ((url === undefined) === (service === undefined))
    return [required(field, 'exactly one of url or service is required')];
  return url === undefined ? checkService(service ?? {}, `${field}.service`) : checkUrl(url, `${field}.url`);
}
