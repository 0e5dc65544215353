import { Readable, pipeline } from 'node:stream';
import { constants, createGunzip, createZstdDecompress } from 'node:zlib';
import { unreachable } from '@kaizen-trace/contracts';
import { BodyError } from './body-error.js';
import type { BodyForm } from './media.js';

/** How a body is packed, and how much of it may be read. */
export interface UnpackOptions {
  readonly coding: BodyForm['coding'];
  /** The most packed bytes to read; over it the body is too large, even if it unpacks to nothing. */
  readonly maxPackedBytes: number;
  /** Told of packed bytes that are held until they can be unpacked; throws where there is no room for them. */
  readonly hold: (bytes: number) => void;
}

const outputBytes = 64 * 1024;

/** RFC 9659: a zstd content coding needs no window above 8 MiB, and a decoder should refuse one. */
const zstdWindowLog = 23;

/** Many tiny frames would each cost a decoder. */
const maxZstdFrames = 128;

/** The request's bytes, counted. Ending early leaves the request open, so that it can still be answered. */
async function* packedBytes(source: Readable, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  const chunks: AsyncIterable<Buffer> = source.iterator({ destroyOnReturn: false });
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new BodyError('too-large', 'the body is too large');
    yield chunk;
  }
}

async function* gunzipped(packed: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, undefined> {
  const gunzip = createGunzip({ chunkSize: outputBytes });
  // Errors come out of the loop below.
  pipeline(Readable.from(packed, { objectMode: false }), gunzip, () => undefined);
  for await (const chunk of gunzip as AsyncIterable<Buffer>) yield chunk;
}

/** One frame at a time: Node's decoder ends after the first one and would drop the rest without a word. */
async function* unzstd(
  packed: AsyncIterable<Buffer>,
  hold: (bytes: number) => void,
): AsyncGenerator<Buffer, void, undefined> {
  const chunks: Buffer[] = [];
  for await (const chunk of packed) {
    hold(chunk.length);
    chunks.push(chunk);
  }
  const body = Buffer.concat(chunks);
  let from = 0;
  for (let frame = 0; from < body.length; frame += 1) {
    const decoder = createZstdDecompress({
      chunkSize: outputBytes,
      params: { [constants.ZSTD_d_windowLogMax]: zstdWindowLog },
    });
    decoder.end(body.subarray(from));
    for await (const chunk of decoder as AsyncIterable<Buffer>) yield chunk;
    if (decoder.bytesWritten === 0 || frame === maxZstdFrames)
      throw new BodyError('broken', 'too many frames');
    from += decoder.bytesWritten;
  }
}

const unpacked = (
  source: Readable,
  { coding, maxPackedBytes, hold }: UnpackOptions,
): AsyncIterable<Buffer> => {
  const packed = packedBytes(source, maxPackedBytes);
  switch (coding) {
    case 'identity':
      return packed;
    case 'gzip':
      return gunzipped(packed);
    case 'zstd':
      return unzstd(packed, hold);
    default:
      return unreachable(coding);
  }
};

const bodyError = (error: unknown, source: Readable, coding: string): BodyError => {
  if (error instanceof BodyError) return error;
  if (source.destroyed && !source.readableEnded)
    return new BodyError('aborted', 'the client went away', { cause: error });
  return new BodyError('broken', `the ${coding} body is broken or ends too early`, { cause: error });
};

/**
 * The body's bytes, unpacked as they come. The source is left open when reading ends early.
 *
 * @throws BodyError where the body cannot be read to its end.
 */
export async function* unpack(
  source: Readable,
  options: UnpackOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* unpacked(source, options);
  } catch (error) {
    throw bodyError(error, source, options.coding);
  }
}
