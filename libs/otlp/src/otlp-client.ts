import { Client, compressionAlgorithms, credentials, Metadata } from '@grpc/grpc-js';
import type { ChannelCredentials } from '@grpc/grpc-js';
import type { ExportOutcome } from './export-outcome.js';
import { OtlpExportError, outcomeOfFailure, outcomeOfResponse } from './export-outcome.js';

/** Where and how to reach an OTLP gRPC backend. PEM texts are contents, not paths. */
export interface OtlpClientOptions {
  /** `host:port`, without a scheme; OTLP gRPC is 4317 by custom. */
  readonly endpoint: string;
  /** Plain text instead of TLS. */
  readonly insecure: boolean;
  /** PEM of the authorities to trust; the system's where absent. */
  readonly ca?: string | undefined;
  /** PEM of the client's certificate and key, for backends that ask for one. */
  readonly clientCert?: string | undefined;
  readonly clientKey?: string | undefined;
  /** Sent with every request, such as an API key. Never logged. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For each request, connecting included. 10 s unless told. */
  readonly timeoutMs?: number | undefined;
  readonly compression?: 'none' | 'gzip' | undefined;
}

/** One channel to a backend; it reconnects by itself for as long as it is open. */
export interface OtlpClient {
  /**
   * Sends the bytes of one `ExportTraceServiceRequest`. Never rejects. When `signal` aborts, the call is given up and
   * ends as `retryable`. Nothing is queued beyond the calls made: whoever calls bounds them.
   */
  export(request: Uint8Array, signal?: AbortSignal): Promise<ExportOutcome>;
  /** Gives up the channel. Idempotent; later exports end as `retryable`. */
  close(): void;
}

/** The gRPC method that takes spans. */
export const exportMethod = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
const defaultTimeoutMs = 10_000;

// The default back-off grows to two minutes, and a host name is looked up every 30 s: a backend that is back should be
// used within seconds. Pings find a peer that vanished without a word while calls wait for it.
const channelOptions = {
  'grpc.initial_reconnect_backoff_ms': 200,
  'grpc.max_reconnect_backoff_ms': 3_000,
  'grpc.dns_min_time_between_resolutions_ms': 5_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.service_config_disable_resolution': 1,
  // Retries are ours: grpc-js would buffer each request a second time for its own.
  'grpc.enable_retries': 0,
  'grpc.max_send_message_length': -1,
  'grpc.primary_user_agent': 'kaizen-trace',
} as const;

/**
 * Opens a client; connects with the first export.
 *
 * @throws Error where a header's name or value, or a PEM text, cannot be used.
 */
export const createOtlpClient = (options: OtlpClientOptions): OtlpClient => {
  const gzip = options.compression === 'gzip';
  const client = new Client(options.endpoint, credentialsOf(options), {
    ...channelOptions,
    ...(gzip ? { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip } : {}),
  });
  const metadata = metadataOf(options.headers ?? {});
  const timeoutMs = options.timeoutMs ?? defaultTimeoutMs;
  let closed = false;

  const send = (request: Uint8Array, signal?: AbortSignal): Promise<ExportOutcome> =>
    new Promise((resolve) => {
      const deadline = Date.now() + timeoutMs;
      const call = client.makeUnaryRequest(
        exportMethod,
        asBuffer,
        identity,
        request,
        metadata,
        { deadline },
        (failure, response) => {
          signal?.removeEventListener('abort', cancel);
          if (failure !== null) resolve(outcomeOfFailure(failure));
          else resolve(outcomeOfResponse(response ?? new Uint8Array(0)));
        },
      );
      const cancel = (): void => call.cancel();
      if (signal?.aborted === true) cancel();
      else signal?.addEventListener('abort', cancel, { once: true });
    });

  return {
    export: (request, signal) => (closed ? Promise.resolve(closedOutcome()) : send(request, signal)),
    close() {
      if (closed) return;
      closed = true;
      client.close();
    },
  };
};

const identity = (bytes: Buffer): Buffer => bytes;
const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const closedOutcome = (): ExportOutcome => ({
  type: 'retryable',
  cause: new OtlpExportError('CANCELLED', 'the client is closed'),
});

const credentialsOf = ({ insecure, ca, clientCert, clientKey }: OtlpClientOptions): ChannelCredentials => {
  if (insecure) return credentials.createInsecure();
  return credentials.createSsl(pem(ca), pem(clientKey), pem(clientCert));
};

const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));

const metadataOf = (headers: Readonly<Record<string, string>>): Metadata => {
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(headers)) {
    try {
      metadata.set(name, value);
    } catch {
      // Without the cause: its message repeats the value, which may be a secret.
      throw new Error(`the OTLP header "${name}" has a name or value that gRPC cannot send`);
    }
  }
  return metadata;
};
