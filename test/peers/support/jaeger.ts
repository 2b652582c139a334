import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { peerProgram } from './binaries.ts';
import { freePorts } from './ports.ts';
import { startServerProcess } from './server-process.ts';

const START_TIMEOUT_MS = 60_000;

export interface Jaeger {
  /** Takes OTLP over HTTP, protobuf and JSON. */
  otlpUrl: string;
  /** Takes OTLP over gRPC. */
  grpcUrl: string;
  /** Takes Thrift over HTTP, as @opentelemetry/exporter-jaeger sends it. */
  thriftUrl: string;
  /** Base of the query service: `${queryUrl}/api/traces/{id}`, `${queryUrl}/api/v3/traces/{id}`. */
  queryUrl: string;
  stop(): Promise<void>;
}

export interface JaegerOptions {
  /** PEM files with which its OTLP receivers speak TLS and ask for a client certificate of `clientCaFile`. */
  tls?: { certFile: string; keyFile: string; clientCaFile: string };
}

interface Ports {
  health: number;
  query: number;
  otlp: number;
  grpc: number;
  thrift: number;
}

/** Without a configuration Jaeger listens on every interface; without a batch processor a span can be read as soon as it was accepted. */
function configuration(ports: Ports, { tls }: JaegerOptions): unknown {
  const loopback = (port: number): { endpoint: string } => ({ endpoint: `127.0.0.1:${port}` });
  const otlp = (port: number): object => ({
    ...loopback(port),
    ...(tls && { tls: { cert_file: tls.certFile, key_file: tls.keyFile, client_ca_file: tls.clientCaFile } }),
  });
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      pipelines: { traces: { receivers: ['otlp', 'jaeger'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'warn' } },
    },
    extensions: {
      healthcheckv2: { use_v2: true, http: loopback(ports.health) },
      jaeger_storage: { backends: { memory: { memory: { max_traces: 100_000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: loopback(ports.query), grpc: loopback(0) },
    },
    receivers: {
      otlp: { protocols: { http: otlp(ports.otlp), grpc: otlp(ports.grpc) } },
      jaeger: { protocols: { thrift_http: loopback(ports.thrift) } },
    },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}

/** Starts a Jaeger v2 with an empty in-memory store on free loopback ports. */
export async function startJaeger(options: JaegerOptions = {}): Promise<Jaeger> {
  const program = peerProgram('jaeger');
  const [health = 0, query = 0, otlp = 0, grpc = 0, thrift = 0] = await freePorts(5);
  const directory = await mkdtemp(join(tmpdir(), 'tektrace-jaeger-'));
  const scheme = options.tls ? 'https' : 'http';
  const remove = (): Promise<void> => rm(directory, { recursive: true, force: true });
  const config = join(directory, 'jaeger.json');
  await writeFile(config, JSON.stringify(configuration({ health, query, otlp, grpc, thrift }, options)));
  try {
    const server = await startServerProcess({
      program,
      args: ['--config', config],
      logFile: join(directory, 'jaeger.log'),
      isReady: async () => (await fetch(`http://127.0.0.1:${health}/status`)).ok,
      startTimeoutMs: START_TIMEOUT_MS,
      // On SIGTERM it waits 10 s for idle keep-alive connections, and it has nothing to save.
      stopSignal: 'SIGKILL',
    });
    return {
      otlpUrl: `${scheme}://127.0.0.1:${otlp}/v1/traces`,
      grpcUrl: `${scheme}://127.0.0.1:${grpc}`,
      thriftUrl: `http://127.0.0.1:${thrift}/api/traces`,
      queryUrl: `http://127.0.0.1:${query}`,
      stop: async () => {
        await server.stop();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
