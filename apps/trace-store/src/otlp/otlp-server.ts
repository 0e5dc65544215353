import { logVerbosity, Server, ServerCredentials, setLogVerbosity, status } from '@grpc/grpc-js';
import type { sendUnaryData, ServerUnaryCall } from '@grpc/grpc-js';
import { unreachable } from '@kaizen-trace/contracts';
import { exportMethod } from '@kaizen-trace/otlp';
import { describeListenError } from '@kaizen-trace/service-kit';
import type { Logger } from '@kaizen-trace/service-kit';
import { bracketed } from '@kaizen-trace/settings';
import type { ExportOutcome, TraceStore } from '../store/trace-store.js';

/** What the server serves, and where. */
export interface OtlpServerOptions {
  readonly store: TraceStore;
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The largest request, unpacked. */
  readonly maxRequestBytes: number;
  readonly logger: Logger;
}

/** A server that runs. */
export interface OtlpServer {
  /** The port that was really taken. */
  readonly port: number;
  /** Takes no new calls and lets the open ones end, for at most ten seconds. Idempotent. */
  close(): Promise<void>;
}

const asIs = (bytes: Buffer): Buffer => bytes;

const definition = {
  export: {
    path: exportMethod,
    requestStream: false,
    responseStream: false,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  },
} as const;

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 0x80);
  }
};

const field = (tag: number, content: Buffer): Buffer =>
  Buffer.concat([Buffer.from([tag]), varint(content.length), content]);

/** ExportTraceServiceResponse { partial_success = 1 { rejected_spans = 1 int64, error_message = 2 string } } */
const partialSuccess = (rejectedSpans: number, reason: string): Buffer =>
  field(0x0a, Buffer.concat([Buffer.from([0x08]), varint(rejectedSpans), field(0x12, Buffer.from(reason))]));

const answer = (outcome: ExportOutcome, callback: sendUnaryData<Buffer>): void => {
  switch (outcome.type) {
    case 'stored':
      callback(null, Buffer.alloc(0));
      return;
    case 'partial':
      callback(null, partialSuccess(outcome.rejectedSpans, outcome.reason));
      return;
    case 'malformed':
      callback({
        code: status.INVALID_ARGUMENT,
        details: `not an OTLP ExportTraceServiceRequest: ${outcome.reason}`,
      });
      return;
    case 'busy':
      // The one code that tells every OTLP exporter to come again with the same request.
      callback({ code: status.UNAVAILABLE, details: 'too many spans wait to be written; send again later' });
      return;
    case 'failed':
      callback({ code: status.UNAVAILABLE, details: 'the spans could not be written; send again later' });
      return;
    default:
      unreachable(outcome);
  }
};

const createServer = ({ store, maxRequestBytes, logger }: OtlpServerOptions): Server => {
  const server = new Server({
    'grpc.max_receive_message_length': maxRequestBytes,
    'grpc.max_send_message_length': 1024 * 1024,
    // Of one connection; each may hold a whole request.
    'grpc.max_concurrent_streams': 64,
  });
  const exportSpans = (call: ServerUnaryCall<Buffer, Buffer>, callback: sendUnaryData<Buffer>): void => {
    store.export(call.request).then(
      (outcome) => {
        if (outcome.type === 'failed') logger.error({ err: outcome.cause }, 'spans could not be written');
        answer(outcome, callback);
      },
      (error: unknown) => {
        logger.error({ err: error }, 'an export failed');
        callback({ code: status.INTERNAL, details: 'the export failed; the log says why' });
      },
    );
  };
  server.addService(definition, { export: exportSpans });
  return server;
};

const bind = (server: Server, host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.bindAsync(`${bracketed(host)}:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });

/** The library says in words what the system said as a code. */
const withSystemCode = (error: unknown): unknown => {
  const code = /\b(EADDRINUSE|EACCES|EADDRNOTAVAIL|ENOTFOUND)\b/.exec(String(error))?.[1];
  return code === undefined ? error : Object.assign(new Error(String(error)), { code });
};

const shutDown = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.forceShutdown(), 10_000);
    server.tryShutdown(() => {
      clearTimeout(cut);
      resolve();
    });
  });

/**
 * Takes OTLP over gRPC, plain or gzip, and answers when the spans are durable: INVALID_ARGUMENT for bytes that are no
 * request, RESOURCE_EXHAUSTED over `maxRequestBytes`, UNAVAILABLE under back-pressure or where the disk refuses.
 *
 * @throws PortInUseError, StartError where it cannot listen, naming `KAIZEN_OTLP_PORT`.
 */
export const startOtlpServer = async (options: OtlpServerOptions): Promise<OtlpServer> => {
  const { host, port } = options;
  // The library would print what it also returns.
  setLogVerbosity(logVerbosity.NONE);
  const server = createServer(options);
  let bound: number;
  try {
    bound = await bind(server, host, port);
  } catch (error) {
    server.forceShutdown();
    throw describeListenError(withSystemCode(error), { host, port, variable: 'KAIZEN_OTLP_PORT' });
  }
  let closing: Promise<void> | undefined;
  return { port: bound, close: () => (closing ??= shutDown(server)) };
};
