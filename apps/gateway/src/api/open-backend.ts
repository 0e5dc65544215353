import type { OtlpClientOptions } from '@kaizen-trace/otlp';
import { createOtlpClient } from '@kaizen-trace/otlp';
import type { SendSpans } from './dead-letters/redrive.js';

/** The way to the backend, for letters whose spans it once refused. Connects with the first of them. */
export interface RedriveBackend {
  readonly send: SendSpans;
  /** Gives up the channel. Idempotent. */
  close(): Promise<void>;
}

/** Opens the way to the backend that the exporter sends to. */
export const openRedriveBackend = (options: OtlpClientOptions): RedriveBackend => {
  let client: ReturnType<typeof createOtlpClient> | undefined;
  return {
    send: (request) => (client ??= createOtlpClient(options)).export(request),
    close: () => {
      client?.close();
      return Promise.resolve();
    },
  };
};
