/** Kafka's numbers of the requests that make up a transaction. */
export const apiKeys = { produce: 0, endTxn: 26, txnOffsetCommit: 28 } as const;

/** What a request says of itself in its first bytes. */
export interface RequestHead {
  readonly apiKey: number;
  readonly correlationId: number;
  readonly clientId: string;
  /** Undefined where the request belongs to no transaction. */
  readonly transactionalId: string | undefined;
}

/** More than any client id and transactional id of ours take. */
const headLimit = 1024;

/**
 * Follows the frames of one direction of a connection, whatever pieces they come in, and hands on the first bytes of
 * each. Holds at most one kilobyte.
 */
export const followFrames = (onHead: (head: Buffer) => void): ((chunk: Buffer) => void) => {
  let head = Buffer.alloc(0);
  let left = 0;
  let told = true;
  const take = (rest: Buffer, upTo: number): Buffer => {
    const wanted = Math.min(upTo - head.length, rest.length);
    if (wanted > 0) head = Buffer.concat([head, rest.subarray(0, wanted)]);
    return rest;
  };
  return (chunk) => {
    let rest = chunk;
    while (rest.length > 0) {
      if (left === 0) {
        // Between frames: the four bytes of the next one's length may come in pieces.
        if (told) {
          head = Buffer.alloc(0);
          told = false;
        }
        const missing = 4 - head.length;
        take(rest, 4);
        rest = rest.subarray(Math.min(missing, rest.length));
        if (head.length < 4) return;
        left = head.readInt32BE(0);
        head = Buffer.alloc(0);
        if (left <= 0) {
          told = true;
          left = 0;
        }
        continue;
      }
      const piece = rest.subarray(0, left);
      const whole = Math.min(headLimit, head.length + left);
      if (!told) take(piece, whole);
      left -= piece.length;
      rest = rest.subarray(piece.length);
      if (!told && (left === 0 || head.length >= headLimit)) {
        told = true;
        onHead(head);
      }
    }
  };
};

const readText = (
  bytes: Buffer,
  at: number,
): { readonly text: string | undefined; readonly next: number } => {
  const length = bytes.readInt16BE(at);
  if (length < 0) return { text: undefined, next: at + 2 };
  return { text: bytes.toString('utf8', at + 2, at + 2 + length), next: at + 2 + length };
};

const transactional: readonly number[] = [apiKeys.produce, apiKeys.endTxn, apiKeys.txnOffsetCommit];

/** Reads a request's head; undefined where the bytes are none of the versions that our clients speak. */
export const readRequestHead = (head: Buffer): RequestHead | undefined => {
  try {
    const apiKey = head.readInt16BE(0);
    const client = readText(head, 8);
    // The transactional id is the first field of all of these, in the versions before compact strings.
    const id = transactional.includes(apiKey) ? readText(head, client.next).text : undefined;
    return {
      apiKey,
      correlationId: head.readInt32BE(4),
      clientId: client.text ?? '',
      transactionalId: id,
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
};
