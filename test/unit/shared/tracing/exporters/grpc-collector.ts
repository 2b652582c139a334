import { Server, ServerCredentials } from '@grpc/grpc-js';
import type { Metadata, sendUnaryData, ServerUnaryCall, UntypedServiceImplementation } from '@grpc/grpc-js';

/** Metadata (headers) and message of a call. */
export interface GrpcRequest {
  metadata: Metadata;
  body: Buffer;
}

export interface GrpcCollector {
  address: string;
  requests: GrpcRequest[];
  /** What the next calls get; the last entry for all that follow. */
  answers: ((answer: sendUnaryData<Buffer>) => void)[];
  close(): void;
}

const identity = (bytes: Buffer): Buffer => bytes;

const TRACE_SERVICE = {
  Export: {
    path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
    requestStream: false,
    responseStream: false,
    requestSerialize: identity,
    requestDeserialize: identity,
    responseSerialize: identity,
    responseDeserialize: identity,
  },
};

/** A gRPC receiver of OTLP on a free port that answers what it is told to. */
export async function startGrpcCollector(credentials = ServerCredentials.createInsecure()): Promise<GrpcCollector> {
  const collector: Pick<GrpcCollector, 'requests' | 'answers'> = {
    requests: [],
    answers: [(answer) => answer(null, Buffer.alloc(0))],
  };
  const server = new Server();
  const implementation: UntypedServiceImplementation = {
    Export: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      collector.requests.push({ metadata: call.metadata, body: call.request });
      const [next] = collector.answers.length > 1 ? collector.answers.splice(0, 1) : collector.answers;
      next?.(answer);
    },
  };
  server.addService(TRACE_SERVICE, implementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
  );
  return Object.assign(collector, { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() });
}
