import { describe, expect, it } from '@jest/globals';
import { apiKeys, followFrames, readRequestHead } from './frames.js';
import { openTransactionWatch } from './transaction-watch.js';

const text = (value: string | null): Buffer => {
  const length = Buffer.alloc(2);
  length.writeInt16BE(value === null ? -1 : Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value ?? '')]);
};

const frame = (body: Buffer): Buffer => {
  const size = Buffer.alloc(4);
  size.writeInt32BE(body.length);
  return Buffer.concat([size, body]);
};

interface Request {
  readonly apiKey: number;
  readonly correlationId: number;
  readonly transactionalId: string | null;
  readonly padding?: number;
}

const request = ({ apiKey, correlationId, transactionalId, padding = 0 }: Request): Buffer => {
  const head = Buffer.alloc(8);
  head.writeInt16BE(apiKey);
  head.writeInt32BE(correlationId, 4);
  return frame(Buffer.concat([head, text('client'), text(transactionalId), Buffer.alloc(padding)]));
};

const answer = (correlationId: number): Buffer => {
  const body = Buffer.alloc(12);
  body.writeInt32BE(correlationId);
  return frame(body);
};

const send = { apiKey: apiKeys.produce, correlationId: 1, transactionalId: 't' };
const commit = { apiKey: apiKeys.endTxn, correlationId: 2, transactionalId: 't' };

describe('frames of a connection', () => {
  it('are found whatever pieces they come in', () => {
    const bytes = Buffer.concat([
      request({ ...send, padding: 5000 }),
      request({ apiKey: 3, correlationId: 7, transactionalId: null }),
      request(commit),
    ]);
    for (const size of [1, 2, 3, 5, 7, 64, 4096, bytes.length]) {
      const found: unknown[] = [];
      const follow = followFrames((head) => found.push(readRequestHead(head)));
      for (let at = 0; at < bytes.length; at += size) follow(bytes.subarray(at, at + size));
      expect(found).toEqual([
        { ...send, clientId: 'client' },
        { apiKey: 3, correlationId: 7, clientId: 'client', transactionalId: undefined },
        { ...commit, clientId: 'client' },
      ]);
    }
  });
});

describe('the watch over transactions', () => {
  it('counts one as open from its first send until the answer to its commit', () => {
    const watch = openTransactionWatch();
    const connection = watch.connection();
    const openNow = (): readonly number[] => {
      const { sending, committing } = watch.openOf('client');
      return [sending, committing];
    };
    expect(openNow()).toEqual([0, 0]);
    connection.request(request(send));
    expect(openNow()).toEqual([1, 0]);
    connection.answer(answer(1));
    connection.request(request(commit));
    expect(openNow()).toEqual([0, 1]);
    connection.answer(answer(2));
    expect(openNow()).toEqual([0, 0]);
  });

  it('counts none for records outside of transactions, and forgets those of a connection that ended', () => {
    const watch = openTransactionWatch();
    const connection = watch.connection();
    connection.request(request({ ...send, transactionalId: null }));
    expect(watch.openOf('client')).toEqual({ sending: 0, committing: 0 });
    connection.request(request(send));
    connection.closed();
    expect(watch.openOf('client')).toEqual({ sending: 0, committing: 0 });
  });

  it('acts once, at the moment asked for, and lets no request to commit arrive where it must not', () => {
    const watch = openTransactionWatch();
    const connection = watch.connection();
    const acts: string[] = [];
    watch.atNext('before-commit', 'client', () => acts.push('before-commit'));
    watch.atNext('sent', 'other', () => acts.push('other'));
    watch.atNext('sent', 'client', () => acts.push('given up'))();
    expect(connection.request(request(send))).toBe(true);
    expect(connection.request(request(commit))).toBe(false);
    expect(acts).toEqual(['before-commit']);
    expect(watch.connection().request(request(commit))).toBe(true);
  });
});
