import type { Logger } from '../../runtime/log.ts';
import type { CredentialFiles, NamedFile } from './credentials.ts';
import { grpcEndpoint, httpEndpoint, isGrpcPort, protocolOf } from './endpoint.ts';
import { booleanOf, choiceOf, integerOf, otlpVariable, variable } from '../environment.ts';
import type { Environment, Variable } from '../environment.ts';
import { parseHeaders } from './headers.ts';
import { COMPRESSIONS, ExporterSettingsError, OTLP_PROTOCOLS } from './settings.ts';
import type { Compression, ExporterSettings, OtlpProtocol } from './settings.ts';

const FLAG = '--jaeger-collector-url';
/** The longest timer, used for no limit. */
const NO_LIMIT_MS = 2 ** 31 - 1;

/** A collector and its protocol. */
export type Collector =
  | { kind: 'jaeger'; url: URL }
  | {
      kind: 'otlp';
      url: URL;
      protocol: OtlpProtocol;
      compression: Compression;
      timeoutMs: number | undefined;
      headers: Record<string, string>;
      files: CredentialFiles;
      /** Explanation of a 404 of this URL. */
      notFoundHint: string;
    };

type Endpoint = { kind: 'jaeger'; url: URL } | { kind: 'otlp'; url: URL; protocol: OtlpProtocol; notFoundHint: string };

const INSTEAD: Record<string, string> = {
  console: 'tektrace run --trace-out FILE writes the trace',
  logging: 'tektrace run --trace-out FILE writes the trace',
  'otlp/stdout': 'tektrace run --trace-out FILE writes the trace',
  jaeger: `set ${FLAG}=http://HOST:14268/api/traces for Jaeger Thrift`,
  zipkin: 'an OpenTelemetry Collector takes OTLP and hands it on',
};

/** The exporter of OTEL_TRACES_EXPORTER. Throws ExporterSettingsError for an unsupported exporter, with what to set instead. */
function tracesExporter(env: Environment): 'otlp' | 'none' | undefined {
  const found = variable(env, 'OTEL_TRACES_EXPORTER');
  if (!found) return undefined;
  const names = new Set(found.value.split(',').map((name) => name.trim().toLowerCase()));
  names.delete('');
  if (names.size === 1 && names.has('otlp')) return 'otlp';
  if (names.size === 1 && names.has('none')) return 'none';
  const other = [...names].find((name) => name !== 'otlp' && name !== 'none');
  const instead = other === undefined ? undefined : INSTEAD[other];
  throw new ExporterSettingsError(
    `OTEL_TRACES_EXPORTER: ${JSON.stringify(found.value)} is not supported: set otlp or none${instead === undefined ? '' : ` (${instead})`}`,
  );
}

function protocolVariable(env: Environment): { name: string; protocol: OtlpProtocol } | undefined {
  const found = otlpVariable(env, 'PROTOCOL');
  const protocol = choiceOf(found, OTLP_PROTOCOLS);
  return found && protocol && { name: found.name, protocol };
}

function httpOtlp(url: URL, protocol: OtlpProtocol, source: string): Endpoint {
  const advice = url.pathname.endsWith('/v1/traces') ? '' : ', which usually ends in /v1/traces and is used as it is';
  return { kind: 'otlp', url, protocol, notFoundHint: `nothing takes spans at this path: look at ${source}${advice}` };
}

/** OTLP's protocol for the flag's URL: from --otlp-protocol, else from the variable (unless it says gRPC and the URL has a path), else by the port. */
function flagProtocol(url: URL, { otlpProtocol }: ExporterSettings, env: Environment, log: Logger): OtlpProtocol {
  if (otlpProtocol) return otlpProtocol;
  const found = protocolVariable(env);
  if (found && !(found.protocol === 'grpc' && url.pathname !== '/')) return found.protocol;
  if (found)
    log.warn('the variable is not used: the flag names a path, which only OTLP over HTTP has', {
      variable: found.name,
      flag: FLAG,
    });
  return isGrpcPort(url) ? 'grpc' : 'http/protobuf';
}

/** The collector of the flag's URL. Its path shows OTLP or Thrift, else its port, else other flags. */
function flagEndpoint(text: string, settings: ExporterSettings, env: Environment, log: Logger): Endpoint {
  const url = httpEndpoint(text, FLAG);
  const kind = settings.protocol ?? (settings.otlpProtocol ? 'otlp' : protocolOf(url));
  if (!kind)
    throw new ExporterSettingsError(
      `${FLAG}: can't tell the protocol of ${url.protocol}//${url.host}${url.pathname}: end it in /v1/traces (OTLP) or /api/traces (Jaeger Thrift), or add --exporter=otlp|jaeger or --otlp-protocol=${OTLP_PROTOCOLS.join('|')}`,
    );
  if (kind === 'jaeger') {
    if (url.pathname === '/') url.pathname = '/api/traces';
    return { kind, url };
  }
  const protocol = flagProtocol(url, settings, env, log);
  if (protocol === 'grpc') return { kind, url: grpcEndpoint(text, FLAG, false), protocol, notFoundHint: '' };
  if (url.pathname === '/') url.pathname = '/v1/traces';
  return httpOtlp(url, protocol, FLAG);
}

/** The base URL plus `v1/traces` (OTLP exporter specification, "Endpoint URLs for OTLP/HTTP"). */
function belowBase(base: Variable, protocol: OtlpProtocol): Endpoint {
  const url = httpEndpoint(base.value, base.name);
  const path = url.pathname.replace(/\/$/, '');
  const whole = path.endsWith('/v1/traces');
  url.pathname = `${path}/v1/traces`;
  const advice = whole
    ? `${base.name} is a base URL, to which /v1/traces is added: take /v1/traces off it, or set OTEL_EXPORTER_OTLP_TRACES_ENDPOINT to the whole URL`
    : `/v1/traces was added to ${base.name}: is that where the collector takes OTLP over HTTP?`;
  return { kind: 'otlp', url, protocol, notFoundHint: advice };
}

/** The collector of the variables; undefined if they set none. */
function variableEndpoint(settings: ExporterSettings, env: Environment, log: Logger): Endpoint | undefined {
  const exporter = tracesExporter(env);
  if (exporter === 'none') return undefined;
  const found = otlpVariable(env, 'ENDPOINT');
  if (!found && exporter === undefined) return undefined;
  const protocol = settings.otlpProtocol ?? protocolVariable(env)?.protocol ?? 'http/protobuf';
  const endpoint = found ?? { name: 'OTEL_EXPORTER_OTLP_ENDPOINT', value: 'http://localhost:4318' };
  if (protocol === 'grpc') {
    const insecure = booleanOf(otlpVariable(env, 'INSECURE'), log);
    const url = grpcEndpoint(found?.value ?? 'http://localhost:4317', endpoint.name, insecure);
    return { kind: 'otlp', url, protocol, notFoundHint: '' };
  }
  if (endpoint.name !== 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') return belowBase(endpoint, protocol);
  return httpOtlp(httpEndpoint(endpoint.value, endpoint.name), protocol, endpoint.name);
}

function credentialFiles(settings: ExporterSettings, env: Environment): CredentialFiles {
  const file = (path: string | undefined, flag: string, setting: string): NamedFile | undefined => {
    if (path !== undefined) return { path, source: flag };
    const found = otlpVariable(env, setting);
    return found && { path: found.value, source: found.name };
  };
  return {
    ca: file(settings.caFile, '--otlp-ca-file', 'CERTIFICATE'),
    cert: file(settings.clientCertFile, '--otlp-client-cert-file', 'CLIENT_CERTIFICATE'),
    key: file(settings.clientKeyFile, '--otlp-client-key-file', 'CLIENT_KEY'),
    ...(settings.headersFile !== undefined && {
      headers: { path: settings.headersFile, source: '--otlp-headers-file' },
    }),
  };
}

const OTLP_FLAGS: [keyof ExporterSettings, string][] = [
  ['otlpProtocol', '--otlp-protocol'],
  ['timeoutMs', '--otlp-timeout'],
  ['compression', '--otlp-compression'],
  ['caFile', '--otlp-ca-file'],
  ['clientCertFile', '--otlp-client-cert-file'],
  ['clientKeyFile', '--otlp-client-key-file'],
  ['headersFile', '--otlp-headers-file'],
];

/**
 * The collector of flags and environment; undefined if they set none, or disable tracing. Each flag wins over its variable;
 * OTEL_SDK_DISABLED has no flag, and wins over all. Throws ExporterSettingsError for an invalid setting. Warns about variables without effect.
 */
export function resolveCollector(settings: ExporterSettings, env: Environment, log: Logger): Collector | undefined {
  if (booleanOf(variable(env, 'OTEL_SDK_DISABLED'), log)) {
    if (settings.collectorUrl) log.warn('OTEL_SDK_DISABLED is true: nothing is sent to the collector', { flag: FLAG });
    return undefined;
  }
  const { collectorUrl } = settings;
  if (!collectorUrl && settings.protocol === 'jaeger')
    throw new ExporterSettingsError(`--exporter=jaeger: the collector is missing: set ${FLAG}`);
  const endpoint = collectorUrl ? flagEndpoint(collectorUrl, settings, env, log) : variableEndpoint(settings, env, log);
  if (!endpoint) return undefined;
  if (endpoint.kind === 'jaeger') {
    const [given] = OTLP_FLAGS.filter(([key]) => settings[key] !== undefined);
    if (given)
      throw new ExporterSettingsError(
        `${given[1]}: Jaeger Thrift has no such setting: send OTLP (http://HOST:4318/v1/traces)`,
      );
    return endpoint;
  }
  const headers = settings.headersFile === undefined ? otlpVariable(env, 'HEADERS') : undefined;
  const timeoutMs = settings.timeoutMs ?? integerOf(otlpVariable(env, 'TIMEOUT'), log);
  return {
    ...endpoint,
    compression: settings.compression ?? choiceOf(otlpVariable(env, 'COMPRESSION'), COMPRESSIONS) ?? 'none',
    timeoutMs: timeoutMs === 0 ? NO_LIMIT_MS : timeoutMs && Math.min(Math.ceil(timeoutMs), NO_LIMIT_MS),
    headers: headers ? parseHeaders(headers.value, headers.name) : {},
    files: credentialFiles(settings, env),
  };
}
