import { Client, compressionAlgorithms, credentials, Metadata } from '@grpc/grpc-js';

const path = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const asIs = (bytes: Buffer): Buffer => bytes;

/** A connection that sends bytes to `Export` as they are. */
export interface OtlpClient {
  /** The answer's bytes; rejects with grpc-js's error, which has a `code`. */
  send(request: Buffer): Promise<Buffer>;
  close(): void;
}

export const connectOtlp = (address: string, options: { readonly gzip?: boolean } = {}): OtlpClient => {
  const client = new Client(address, credentials.createInsecure(), {
    'grpc.default_compression_algorithm':
      options.gzip === true ? compressionAlgorithms.gzip : compressionAlgorithms.identity,
    'grpc.max_send_message_length': -1,
  });
  const send = (request: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      client.makeUnaryRequest<Buffer, Buffer>(path, asIs, asIs, request, new Metadata(), (error, value) => {
        if (error === null) resolve(value!);
        else reject(error);
      });
    });
  return { send, close: () => client.close() };
};
