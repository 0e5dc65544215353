import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { byteSize, duration, eventType, flag, hostAndPort, list, port, type Parser } from './index.js';

const valueOf = <T>(parser: Parser<T>, text: string): T | undefined => {
  const outcome = parser.parse(text);
  return outcome.type === 'parsed' ? outcome.value : undefined;
};

describe('duration', () => {
  it.each([
    ['500ms', 500],
    ['30s', 30_000],
    ['90m', 5_400_000],
    ['1h30m', 5_400_000],
    ['7d', 604_800_000],
    ['1D', 86_400_000],
    ['0s', 0],
  ])('reads %s as %d ms', (text, expected) => {
    expect(valueOf(duration(), text)).toBe(expected);
  });

  it.each(['', '30', 's', '-1s', '1.5h', '1s1h', '1w', '99999999d'])('refuses %j', (text) => {
    expect(duration().parse(text).type).toBe('wrong');
  });

  it('reads back what it shows', () => {
    fc.assert(
      fc.property(fc.nat(), (milliseconds) => {
        expect(valueOf(duration(), duration().show(milliseconds))).toBe(milliseconds);
      }),
    );
  });
});

describe('byteSize', () => {
  it.each([
    ['2GiB', 2_147_483_648],
    ['16 MiB', 16_777_216],
    ['500MB', 500_000_000],
    ['1048576', 1_048_576],
  ])('reads %s as %d bytes', (text, expected) => {
    expect(valueOf(byteSize(), text)).toBe(expected);
  });

  it.each(['', '2 gigs', '-1', '1.5MiB', '0', '99999999TiB'])('refuses %j', (text) => {
    expect(byteSize().parse(text).type).toBe('wrong');
  });

  it('reads back what it shows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), (bytes) => {
        expect(valueOf(byteSize(), byteSize().show(bytes))).toBe(bytes);
      }),
    );
  });
});

describe('port, flag, list, event type, host and port', () => {
  it('take what they promise', () => {
    expect([valueOf(port, '0'), valueOf(port, '65535')]).toEqual([0, 65_535]);
    expect([valueOf(flag, 'YES'), valueOf(flag, 'off')]).toEqual([true, false]);
    expect(valueOf(list(eventType), ' Pre_Tool_Use ,, interrupt')).toEqual(['pre_tool_use', 'interrupt']);
    expect(valueOf(hostAndPort, '[::1]:9092')).toEqual({ host: '::1', port: 9092 });
  });

  it.each([
    [port, '65536'],
    [port, '-1'],
    [port, '0x10'],
    [flag, 'maybe'],
    [list(eventType), ','],
    [list(eventType), 'pre_tool_use, 9'],
    [list(eventType), 'pre_'],
    [hostAndPort, 'host'],
    [hostAndPort, 'host:0'],
    [hostAndPort, 'host:99999'],
    [hostAndPort, 'a b:1'],
  ] as const)('refuse anything else (%#)', (parser, text) => {
    expect(parser.parse(text).type).toBe('wrong');
  });
});
