import { open, type FileHandle } from 'node:fs/promises';
import { codeOf, reasonOf } from '@kaizen-trace/sending';
import { ReplayRefusedError } from './errors.js';
import { requestToJson } from './otlp-json.js';
import type { ReplayTarget, SendOutcome } from './target.js';

/**
 * `json`: each request in OTLP's JSON encoding, one a line. `proto`: each as protobuf bytes behind their length, four
 * bytes big-endian. The OpenTelemetry Collector's file exporter writes the same two.
 */
export type FileFormat = 'json' | 'proto';

export interface FileTargetOptions {
  readonly path: string;
  readonly format: FileFormat;
  /** Bytes that an earlier run has acknowledged: what stands behind them is written anew. Undefined: a new file. */
  readonly resumeAt?: number | undefined;
}

const framed = (request: Uint8Array): readonly Uint8Array[] => {
  const length = Buffer.allocUnsafe(4);
  length.writeUInt32BE(request.length);
  return [length, request];
};

const encode = (requests: readonly Uint8Array[], format: FileFormat): Uint8Array =>
  format === 'proto'
    ? Buffer.concat(requests.flatMap(framed))
    : Buffer.from(requests.map((request) => `${requestToJson(request)}\n`).join(''));

const openFile = async ({ path, resumeAt }: FileTargetOptions): Promise<FileHandle> => {
  try {
    const handle = await open(path, resumeAt === undefined ? 'wx' : 'r+');
    if (resumeAt === undefined) return handle;
    const { size } = await handle.stat();
    if (size < resumeAt) {
      await handle.close();
      throw new ReplayRefusedError(
        `${path} has ${size} bytes, but ${resumeAt} were written: it was changed; begin the replay afresh`,
      );
    }
    await handle.truncate(resumeAt);
    return handle;
  } catch (error) {
    if (error instanceof ReplayRefusedError) throw error;
    const why = codeOf(error) === 'EEXIST' ? 'it exists; remove it, or name another' : reasonOf(error);
    throw new ReplayRefusedError(`cannot write ${path}: ${why}`, { cause: error });
  }
};

/** Writes OTLP requests to a file, one call after the other. @throws ReplayRefusedError where it cannot be opened, or exists. */
export const openFileTarget = async (options: FileTargetOptions): Promise<ReplayTarget> => {
  const handle = await openFile(options);
  let written = options.resumeAt ?? 0;
  let last: Promise<unknown> = Promise.resolve();

  const write = async (requests: readonly Uint8Array[]): Promise<SendOutcome> => {
    try {
      const bytes = encode(requests, options.format);
      for (let at = 0; at < bytes.length;) {
        const { bytesWritten } = await handle.write(bytes, at, bytes.length - at, written + at);
        at += bytesWritten;
      }
      written += bytes.length;
      return { type: 'taken', refused: [] };
    } catch (error) {
      return { type: 'failed', reason: `cannot write ${options.path}: ${reasonOf(error)}` };
    }
  };

  return {
    name: options.path,
    send: (requests) => {
      const done = last.then(() => write(requests));
      last = done;
      return done;
    },
    writtenBytes: () => written,
    close: async () => {
      await last;
      await handle.sync();
      await handle.close();
    },
  };
};
