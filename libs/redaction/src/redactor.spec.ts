import { describe, expect, it } from '@jest/globals';
import { micros, type Fields, type HookContext } from '@kaizen-trace/contracts';
import { createRedactor } from './redactor.js';

const redactor = createRedactor();
const masked = (fields: Fields): unknown => redactor.fields(fields);
const text = (value: string): unknown => redactor.fields({ text: value }).text;

const event = (parts: Partial<HookContext> = {}): HookContext => ({
  eventId: 'event-1',
  traceId: 'trace-1',
  eventType: 'post_tool_use',
  agentId: 'agent-1',
  timestamp: micros(1n),
  data: {},
  metadata: {},
  ...parts,
});

describe('keys that name a secret', () => {
  it.each([
    'password',
    'userPassword',
    'DB_PASSWORD',
    'passwd',
    'passphrase',
    'secret',
    'clientSecret',
    'client-secret',
    'Authorization',
    'proxy-authorization',
    'set-cookie',
    'cookies',
    'credentials',
    'aws_credential',
    'apiKey',
    'api_key',
    'APIKey',
    'x-api-key',
    'apikey',
    'OPENAI_API_KEY',
    'access.key',
    'private-key',
    'sessionToken',
    'token',
    'TOKEN',
    'accesstoken',
    'refresh_token',
    'access_tokens',
    'token1',
  ])('masks what stands under %s', (key) => {
    expect(masked({ [key]: 'value' })).toEqual({ [key]: '[redacted]' });
    expect(masked({ [key]: 4711 })).toEqual({ [key]: '[redacted]' });
    expect(redactor.json(JSON.stringify({ data: { [key]: 'value' } }))).toContain('[redacted]');
  });

  it.each([
    'input_tokens',
    'max_tokens',
    'maxTokens',
    'token_count',
    'prompt_tokens',
    'tokens',
    'cost_per_token',
    'tokenizer',
    'author',
    'secretary',
    'keyboard',
    'primary_key',
    'tool_name',
    'gen_ai.usage.output_tokens',
  ])('leaves what stands under %s', (key) => {
    const fields = { [key]: 'value', number: 12 };
    expect(masked(fields)).toBe(fields);
  });

  it('masks at any depth, each text and number by itself, and keeps the shape', () => {
    expect(
      masked({
        request: [{ headers: { authorization: ['Bearer abc', 'x'] } }],
        credentials: { user: 'u', pin: 1, set: true, none: null, parts: [{ a: 'b' }] },
      }),
    ).toEqual({
      request: [{ headers: { authorization: ['Bearer [redacted]', '[redacted]'] } }],
      credentials: {
        user: '[redacted]',
        pin: '[redacted]',
        set: true,
        none: null,
        parts: [{ a: '[redacted]' }],
      },
    });
  });
});

/** In pieces, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join('');
const letters = 'abcdefghij0123456789ABCDEFGHIJ0123456789';

describe('secrets within strings', () => {
  it.each([
    ['a bearer token', 'curl -H "X: Bearer abc.def-123"', 'curl -H "X: Bearer [redacted]"'],
    ['a basic login', `use basic ${btoa('user:pass')} now`, 'use basic [redacted] now'],
    ['a JSON Web Token', join('got ey', `J${letters}.${letters}.${letters}`, '!'), 'got [redacted]!'],
    ['an AWS key', join('AK', 'IAABCDEFGHIJKLMNOP'), '[redacted]'],
    ['a GitHub token', join('x gh', 'p_', letters, ' y'), 'x [redacted] y'],
    ['a fine-grained GitHub token', join('github', '_pat_', letters), '[redacted]'],
    ['a model provider’s key', join('key s', 'k-ant-api03-', letters), 'key [redacted]'],
    ['a Slack token', join('xo', 'xb-123456789012-abc'), '[redacted]'],
    ['a Google key', join('AI', 'za', letters), '[redacted]'],
    [
      'a private key',
      join('a\n-----BEGIN RSA PRI', 'VATE KEY-----\nMII-E\n-----END RSA PRIVATE KEY-----\nb'),
      'a\n[redacted]\nb',
    ],
    [
      'a URL’s password',
      'at postgres://me:p@ss:w@db:5432/x?a=b',
      'at postgres://me:[redacted]@db:5432/x?a=b',
    ],
    ['a card number', 'card 4111 1111 1111 1111.', 'card [redacted].'],
    ['a card number after a date', '2026-11-22 4111-1111-1111-1111', '2026-11-22 [redacted]'],
    ['JSON within a string', '{"user":"a","password":"b"}', '{"user":"a","password":"[redacted]"}'],
    ['escaped JSON', '{\\"api_key\\": \\"b\\"}', '{\\"api_key\\": \\"[redacted]\\"}'],
    ['a setting', 'A=1 DB_PASSWORD=hunter B=2', 'A=1 DB_PASSWORD=[redacted] B=2'],
    ['a header', 'Authorization: token abcdefg', 'Authorization: token [redacted]'],
    ['cookies', 'Cookie: a=b; c=d\nHost: x', 'Cookie: [redacted]\nHost: x'],
    ['a query', 'https://x/?q=1&access_token=zz&b=2', 'https://x/?q=1&access_token=[redacted]&b=2'],
  ])('masks %s', (_, from, to) => {
    expect(text(from)).toBe(to);
    expect(text(to)).toBe(to);
  });

  it.each([
    'the bearer token is wrong',
    'a basic understanding',
    'Unexpected token: punc',
    'password: string;',
    'const token = getToken()',
    '4111 1111 1111 1112',
    '1763855400000',
    '550e8400-e29b-41d4-a716-446655440000',
    'https://host:8080/a@b',
    'mailto:a@b.example',
    'task-1234567890123456789',
    'sk-learn-is-a-python-package',
    'Asia, Asian',
  ])('leaves %s', (value) => {
    expect(text(value)).toBe(value);
  });

  it('masks a card that came as a number', () => {
    expect(masked({ card: 4111111111111111, at: 1763855400000 })).toEqual({
      card: '[redacted]',
      at: 1763855400000,
    });
  });
});

describe('an event', () => {
  it('comes back as it is where nothing is to mask', () => {
    const clean = event({
      data: { tool_name: 'search', usage: { input_tokens: 1 } },
      metadata: { run: 'x' },
    });
    expect(redactor.event(clean)).toBe(clean);
    const line = JSON.stringify({ event_type: 'x', data: { a: [1, { b: 'c' }] } });
    expect(redactor.json(line)).toBe(line);
  });

  it('keeps its ids, names, type and times, also those that stand in metadata', () => {
    const id = 'Bearer abcdefgh';
    const before = event({
      eventId: id,
      traceId: id,
      agentId: id,
      callId: id,
      data: { secret: 'x' },
      metadata: { call_id: id, service_name: id, note: id },
    });
    expect(redactor.event(before)).toEqual({
      ...before,
      data: { secret: '[redacted]' },
      metadata: { call_id: id, service_name: id, note: 'Bearer [redacted]' },
    });
    const json = {
      event_type: 'post_x',
      event_id: id,
      trace_id: id,
      agent_id: id,
      service_name: id,
      call_id: id,
      parent_call_id: id,
      timestamp: '2026-01-01T00:00:00Z',
    };
    expect(JSON.parse(redactor.json(JSON.stringify({ ...json, data: { secret: 'x' } })))).toEqual({
      ...json,
      data: { secret: '[redacted]' },
    });
  });

  it('is masked in what its result says, in every form', () => {
    const result = { success: false, error: 'no Bearer abcdefgh', stack: 'at password=x', errorType: 'E' };
    expect(redactor.event(event({ result })).result).toEqual({
      success: false,
      error: 'no Bearer [redacted]',
      stack: 'at password=[redacted]',
      errorType: 'E',
    });
    const line = JSON.stringify({ result: { ...result, data: { token: 'x' } } });
    expect(JSON.parse(redactor.json(line))).toEqual({
      result: {
        success: false,
        error: 'no Bearer [redacted]',
        stack: 'at password=[redacted]',
        errorType: 'E',
        data: { token: '[redacted]' },
      },
    });
  });

  it('is masked also where it has fields that no event has', () => {
    expect(redactor.json('{"password":"x","other":{"api_key":1}}')).toBe(
      '{"password":"[redacted]","other":{"api_key":"[redacted]"}}',
    );
  });

  it('is masked as a text where it is no JSON', () => {
    expect(redactor.json('{"password":"x"')).toBe('{"password":"[redacted]"');
  });

  it('survives keys that other objects inherit, and any nesting', () => {
    const line = '{"data":{"__proto__":{"password":"x"},"constructor":"Bearer abcdefgh"}}';
    expect(redactor.json(line)).toBe(
      '{"data":{"__proto__":{"password":"[redacted]"},"constructor":"Bearer [redacted]"}}',
    );
    const deep = `{"data":${'['.repeat(50_000)}"Bearer abcdefgh"${']'.repeat(50_000)}}`;
    expect(redactor.json(deep)).not.toContain('abcdefgh');
  });
});

describe('options', () => {
  it('mask keys by their words or by an expression', () => {
    const own = createRedactor({ keys: ['customer_email', /^x-/] });
    const fields = { customerEmail: 'a', customer: { 'Customer-Email': 'b' }, 'x-id': 'c', email: 'd' };
    expect(own.fields(fields)).toEqual({
      customerEmail: '[redacted]',
      customer: { 'Customer-Email': '[redacted]' },
      'x-id': '[redacted]',
      email: 'd',
    });
    const words = createRedactor({ keys: ['customer_email'] });
    expect(words.json('{"data":{"theCustomerEmail":"a","email":"b"}}')).toBe(
      '{"data":{"theCustomerEmail":"[redacted]","email":"b"}}',
    );
  });

  it('mask what expressions find within strings, every time', () => {
    const own = createRedactor({ values: [/EMP-\d+/, /mail/y] });
    for (let round = 0; round < 3; round += 1)
      expect(own.json('{"data":{"a":"EMP-1 and EMP-22"}}')).toBe(
        '{"data":{"a":"[redacted] and [redacted]"}}',
      );
  });

  it('pass everything where told so', () => {
    const off = createRedactor({ enabled: false });
    const fields = { password: 'x' };
    expect(off.fields(fields)).toBe(fields);
    expect(off.json('{"password":"x"}')).toBe('{"password":"x"}');
    const secret = event({ data: fields });
    expect(off.event(secret)).toBe(secret);
  });

  it('refuse a key without letters', () => {
    expect(() => createRedactor({ keys: ['123'] })).toThrow(/letter/);
  });
});
