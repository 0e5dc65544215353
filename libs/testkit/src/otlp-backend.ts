import { Metadata, Server, ServerCredentials, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';

type Call = ServerUnaryCall<Buffer, Buffer>;
/** What the backend does with one request; never answering is allowed. */
export type OtlpAnswer = (call: Call, answer: sendUnaryData<Buffer>) => void;

/** A running server of {@link startOtlpBackend}. */
export interface OtlpBackend {
  readonly endpoint: string;
  readonly port: number;
  /** Requests as they came, unpacked. */
  readonly requests: Buffer[];
  /** Ends it at once, calls in flight too. */
  stop(): void;
}

/** An OTLP gRPC server on loopback that answers as told: what a real one answers only in bad weather. */
export const startOtlpBackend = (
  answer: OtlpAnswer,
  port = 0,
  credentials = ServerCredentials.createInsecure(),
): Promise<OtlpBackend> => {
  const server = new Server({ 'grpc.max_receive_message_length': -1 });
  const requests: Buffer[] = [];
  const identity = (bytes: Buffer): Buffer => bytes;
  const service = {
    export: {
      path: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
      requestStream: false,
      responseStream: false,
      requestSerialize: identity,
      requestDeserialize: identity,
      responseSerialize: identity,
      responseDeserialize: identity,
    },
  } as const;
  server.addService(service, {
    export: (call: Call, callback: sendUnaryData<Buffer>) => {
      requests.push(call.request);
      answer(call, callback);
    },
  });
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) => {
      if (error !== null) reject(error);
      else {
        const endpoint = `127.0.0.1:${bound}`;
        resolve({ endpoint, port: bound, requests, stop: () => server.forceShutdown() });
      }
    });
  });
};

/** Takes everything. */
export const acceptSpans: OtlpAnswer = (_call, answer) => answer(null, Buffer.alloc(0));

/** Fails with a code, and with `google.rpc` details where given. */
export const failWith =
  (code: status, { message = 'as told', details }: { message?: string; details?: Buffer } = {}): OtlpAnswer =>
  (_call, answer) => {
    const metadata = new Metadata();
    if (details !== undefined) metadata.set('grpc-status-details-bin', details);
    answer({ code, details: message, metadata });
  };

/** A `google.rpc.Status` with one RetryInfo of `seconds` and `nanos`. */
export const retryInfo = (seconds: number, nanos: number): Buffer => {
  const field = (tag: number, content: Buffer): Buffer =>
    Buffer.concat([Buffer.from([tag, content.length]), content]);
  const varint = (value: number): number[] =>
    value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(Math.floor(value / 128))];
  const duration = Buffer.from([0x08, ...varint(seconds), 0x10, ...varint(nanos)]);
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo');
  const any = Buffer.concat([field(0x0a, type), field(0x12, field(0x0a, duration))]);
  return Buffer.concat([Buffer.from([0x08, status.RESOURCE_EXHAUSTED]), field(0x1a, any)]);
};
