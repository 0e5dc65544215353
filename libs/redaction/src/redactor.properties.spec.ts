import { describe, expect, it } from '@jest/globals';
import { emptyFields, micros, type Fields, type HookContext, type JsonValue } from '@kaizen-trace/contracts';
import fc from 'fast-check';
import { Masking } from './masking.js';
import { createRedactor } from './redactor.js';

const pieces = fc.constantFrom(
  ...['password', 'pass', 'word', 'Token', 'tokens', 'token', '_', '-', ' ', ':', '=', '"', '@', '/', '://'],
  ...[
    'Bearer',
    'basic',
    'dXNlcjpwYXNz',
    'eyJ',
    'AKIA',
    'ASIA',
    'ghp_',
    'sk-',
    'xoxb-',
    'AIza',
    '.',
    '1',
    '42',
  ],
  ...['4111111111111111', '4111 1111 1111 1111', 'api', 'API', 'Key', 'secret', 'ary', 'cookie', 'access'],
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '[redacted]',
    'abcdefghij0123456789',
    'ABCDEFGHIJKLMNOP',
    '\n',
    '\\',
    'é',
  ],
  ...[
    'pin',
    'otp',
    'Pwd',
    'db',
    'ssh',
    'account',
    '--',
    'curl -u a:b',
    'gsk_',
    'xai-',
    'r8_',
    'SG.',
    'ya29.',
  ],
  ...["'", '[', ']', '{', '}', ',', ';', '?', '&', 'sig', '{"password":["x"]}', '["token"]', '(', '`'],
);
const text = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(''));
const key = fc.oneof(text, fc.constantFrom('name', 'key', 'value', 'token', 'logprob', 'pwd'));
const { value } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    text,
    fc.oneof(fc.boolean(), fc.constant(null), fc.integer(), fc.constant(4111111111111111)),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  ),
}));
const fields = fc
  .dictionary(key, value, { maxKeys: 4 })
  .map((each): Fields => Object.assign(emptyFields(), each));

const redactor = createRedactor();
const plain = (given: unknown): unknown => JSON.parse(JSON.stringify(given));

/** Where everything stands, without what stands there. */
const shape = (given: unknown): unknown => {
  if (Array.isArray(given)) return given.map(shape);
  if (typeof given !== 'object' || given === null) return 'leaf';
  return Object.entries(given).map(([key, member]) => [key, shape(member)]);
};

describe('redaction of any event', () => {
  it('finds without parsing whatever parsing would find', () => {
    const masking = new Masking({});
    expect(masking.mayHold('{"data":{"tool_name":"search","input_tokens":1}}')).toBe(false);
    fc.assert(
      fc.property(fields, (given) => {
        const changes = masking.fields(given) !== given;
        expect(changes && !masking.mayHold(JSON.stringify({ data: given }))).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });

  it('gives the same by every door, as valid JSON of the same shape', () => {
    fc.assert(
      fc.property(fields, fields, (data, metadata) => {
        const event: HookContext = {
          eventId: 'e',
          traceId: 't',
          eventType: 'x',
          agentId: 'a',
          timestamp: micros(0n),
          data,
          metadata,
        };
        const viaEvent = redactor.event(event);
        const viaJson = JSON.parse(
          redactor.json(JSON.stringify({ event_id: 'e', data, metadata })),
        ) as unknown;
        expect(viaJson).toEqual(plain({ event_id: 'e', data: viaEvent.data, metadata: viaEvent.metadata }));
        expect(plain(redactor.fields(data))).toEqual(plain(viaEvent.data));
        expect(shape(viaEvent.data)).toEqual(shape(data));
      }),
      { numRuns: 500 },
    );
  });

  it('changes nothing more the second time', () => {
    fc.assert(
      fc.property(fields, (given) => {
        const once = redactor.fields(given);
        expect(redactor.fields(once)).toBe(once);
        const line = redactor.json(JSON.stringify({ data: given }));
        expect(redactor.json(line)).toBe(line);
      }),
      { numRuns: 1_000 },
    );
  });
});

/** Texts that make expressions look far ahead again and again, where they are careless. */
const adversaries: readonly string[] = [
  ...[
    '-----BEGIN PRIVATE KEY-----',
    '-----BEGIN ',
    'bearer ',
    'Bearer\t',
    'basic a',
    'eyJ',
    '-eyJaaaaaaaa',
    'sk-',
  ],
  ...[
    '://',
    '://a:',
    '://a:b',
    ':@',
    '1 ',
    '1-',
    '1',
    '4111',
    'password',
    'password=',
    'token:',
    'a.',
    'Cookie: ',
  ],
  ...['"', '\\', '\\"', 'a=', ' ', '\n', 'ghp_', 'xox', 'api_', 'authorization:bearer '],
  ...[
    "'",
    '"token:',
    '\\"token:',
    '[',
    '{"',
    ']',
    '--token ',
    'curl -u ',
    'curl -u a:',
    'token:[',
    '?sig=',
    'x-token:',
  ],
  ...[
    "password='a''",
    'token:a',
    'token: a',
    'token:1',
    '?token:',
    '?token=[redacted]',
    'token=[redacted]',
    'token=null',
    '"token:\'',
    '{"token":',
    '\\n',
    '\\\\',
    '{"a":"',
  ],
  ...[
    '\ntoken: ',
    'authorization:',
    '[["token",',
    '--',
    '--token',
    '[redacted]',
    'token:[redacted]',
    "token:'",
  ],
];

describe('redaction of a hostile text of 512 KiB', () => {
  const duration = (given: string): number => {
    const began = process.cpuUsage();
    redactor.fields({ text: given });
    const { user, system } = process.cpuUsage(began);
    return user + system;
  };

  it.each(adversaries.map((each) => [JSON.stringify(each), each]))(
    'takes time in proportion to its length: %s again and again',
    (_, piece) => {
      const large = `token ${piece.repeat(Math.ceil((512 * 1024) / piece.length))}!`;
      const small = large.slice(0, large.length / 16);
      const growth = (): number => duration(large) / Math.max(duration(small), 3_000);
      // In proportion: 16. With the square of the length: 256.
      expect(Math.min(growth(), growth(), growth())).toBeLessThan(80);
    },
  );
});
