import { describe, expect, it } from '@jest/globals';
import { millis } from '@kaizen-trace/contracts';
import type { DeadLetter } from './assembler-log.js';
import {
  deadLetterHeaders,
  readDeadLetterHeaders,
  readRedriveMark,
  redriveMark,
  withoutDeadLetterHeaders,
} from './dead-letter.js';
import { offset, type LogRecord } from './records.js';

const reason = {
  topic: 'kaizen.spans',
  partition: 3,
  offset: offset(9_007_199_254_740_993n),
  stage: 'export',
  errorClass: 'INVALID_ARGUMENT',
  message: 'spans without a name: ü',
} as const;
const own = [['content', new Uint8Array([1, 2])]] as const;

describe('the headers of a dead letter', () => {
  it('say why and from where under the names of Kafka Connect', () => {
    const text = deadLetterHeaders(reason).map(([name, value]) => [name, new TextDecoder().decode(value)]);
    expect(text).toEqual([
      ['__connect.errors.topic', 'kaizen.spans'],
      ['__connect.errors.partition', '3'],
      ['__connect.errors.offset', '9007199254740993'],
      ['__connect.errors.stage', 'export'],
      ['__connect.errors.exception.class.name', 'INVALID_ARGUMENT'],
      ['__connect.errors.exception.message', 'spans without a name: ü'],
    ]);
  });

  it('can be read back, the last death first', () => {
    const twice = [...own, ...deadLetterHeaders(reason), ...deadLetterHeaders({ ...reason, partition: 4 })];
    expect(readDeadLetterHeaders(twice)).toEqual({ ...reason, partition: '4', offset: '9007199254740993' });
    expect(readDeadLetterHeaders(own)).toEqual({});
  });

  it("leave the record's own headers recoverable", () => {
    expect(withoutDeadLetterHeaders([...own, ...deadLetterHeaders(reason)])).toEqual(own);
  });

  it('are bounded, however long the message', () => {
    const [, message] = deadLetterHeaders({ ...reason, message: 'x'.repeat(1_000_000) }).at(-1) ?? [];
    expect(message?.length).toBe(4096);
  });
});

describe('the mark of a letter that was brought back', () => {
  const recordOf = ({ key, value, headers }: DeadLetter): LogRecord => ({
    offset: offset(9n),
    appendTime: millis(0),
    key,
    value,
    headers,
  });

  it('names its letter', () => {
    expect(readRedriveMark(recordOf(redriveMark(offset(2n ** 60n))))).toBe(2n ** 60n);
  });

  it('cannot be passed for by a letter, whatever headers its event had', () => {
    const { key, value, headers } = redriveMark(offset(5n));
    const forged = { key, value, headers: [...headers, ...deadLetterHeaders(reason)] };
    expect(readRedriveMark(recordOf(forged))).toBeUndefined();
    expect(readRedriveMark(recordOf({ key, value: own[0][1], headers }))).toBeUndefined();
  });
});
