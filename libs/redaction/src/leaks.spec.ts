import { describe, expect, it } from '@jest/globals';
import { createRedactor } from './redactor.js';

const redactor = createRedactor();
const text = (value: string): unknown => redactor.fields({ text: value }).text;
/** In pieces, so that no scanner takes this file for a leak. */
const join = (...parts: readonly string[]): string => parts.join('');
const letters = 'abcdefghij0123456789ABCDEFGHIJ0123456789';

describe('a secret in a string is masked to its end', () => {
  it.each([
    ['log: {"password":"ab\\"cdTAIL"} x', 'log: {"password":"[redacted]"} x'],
    ['{\\"password\\":\\"ab\\\\\\"cdTAIL\\",\\"b\\":1}', '{\\"password\\":\\"[redacted]\\",\\"b\\":1}'],
    ['password="it\'s TAIL" b', 'password="[redacted]" b'],
    ["password='a'\\''TAIL' b", "password='[redacted]' b"],
    ['{"password":"cut TAIL', '{"password":"[redacted]'],
    ["password=pa'ssTAIL b", 'password=[redacted] b'],
    ['PWD=/home/me PW_SECRET=a,TAIL b', 'PWD=/home/me PW_SECRET=[redacted] b'],
    ['DB_PASSWORD=a(b)TAIL b', 'DB_PASSWORD=[redacted] b'],
    ['DB_PASSWORD=a\\bTAIL b', 'DB_PASSWORD=[redacted] b'],
    ['password: hunter2(TAIL b', 'password: [redacted] b'],
    ['login(password=hunter2)', 'login(password=[redacted])'],
    ['"SECRET=abc" next', '"SECRET=[redacted]" next'],
    ['token=[redacted]TAIL b', 'token=[redacted] b'],
    ['user[password]=TAIL', 'user[password]=[redacted]'],
    ['first\\nCookie: TAIL=b', 'first\\nCookie: [redacted]'],
  ])('%j', (from, to) => {
    expect(text(from)).toBe(to);
    expect(text(to)).toBe(to);
  });

  it.each([
    ['{"set-cookie":["a=SECRET","b=SECRET"],"x":1}', '{"set-cookie":["[redacted]","[redacted]"],"x":1}'],
    ['{"passwords":["x"]}', '{"passwords":["[redacted]"]}'],
    ['{"a":"{\\"secret\\":{\\"b\\":\\"SECRET\\"}}"}', '{"a":"{\\"secret\\":{\\"b\\":\\"[redacted]\\"}}"}'],
    ['{"password":"SECRET","password":true}', '{"password":true}'],
    ['[{"api_key":4711}]', '[{"api_key":"[redacted]"}]'],
    ['body {"set-cookie":["a=]SECRET"],"x":1}', 'body {"set-cookie":"[redacted]","x":1}'],
    [
      'body {"secrets":{"a":["SECRET"]},"pin":12,"x":1}',
      'body {"secrets":"[redacted]","pin":"[redacted]","x":1}',
    ],
    ['body {\\"secrets\\":[\\"}SECRET\\"]} y', 'body {\\"secrets\\":\\"[redacted]\\"} y'],
    ['secrets=[a SECRET]SECRET b', 'secrets=[redacted] b'],
  ])('also of an array or object: %j', (from, to) => {
    expect(text(from)).toBe(to);
    expect(text(to)).toBe(to);
  });

  it.each([
    ['Authorization: ApiKey letters', 'Authorization: ApiKey [redacted]'],
    [
      'curl -H "Authorization: AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=SECRET" x',
      'curl -H "Authorization: [redacted]" x',
    ],
    ['Authorization: Custom one two\r\nHost: x', 'Authorization: [redacted]\r\nHost: x'],
    ['X-Api-Key: letters', 'X-Api-Key: [redacted]'],
    ['curl -H X-Api-Key:letters https://x', 'curl -H X-Api-Key:[redacted] https://x'],
    ['a: b\n  password: letters\nc: d', 'a: b\n  password: [redacted]\nc: d'],
    ['- token: let(ters', '- token: [redacted]'],
  ])('and of a header or a line of settings: %j', (from, to) => {
    expect(text(from)).toBe(to);
    expect(text(to)).toBe(to);
  });

  it.each([
    ['mysql --password letters -h x', 'mysql --password [redacted] -h x'],
    ["tool --token 'a b' c", "tool --token '[redacted]' c"],
    ['tool --api-key letters', 'tool --api-key [redacted]'],
    ['curl -u me:letters https://x', 'curl -u me:[redacted] https://x'],
    ['curl -sSu "me:a b" https://x', 'curl -sSu "me:[redacted]" https://x'],
    ['curl --user=me:letters https://x', 'curl --user=me:[redacted] https://x'],
    ['Server=x;AccountKey=ab/cd==;Pwd=b', 'Server=x;AccountKey=[redacted]'],
  ])('and of a command: %j', (from, to) => {
    expect(text(from)).toBe(to);
    expect(text(to)).toBe(to);
  });
});

describe('names and values that stand side by side', () => {
  it.each([
    [
      [
        ['authorization', 'SECRET'],
        ['host', 'x'],
      ],
      [
        ['authorization', '[redacted]'],
        ['host', 'x'],
      ],
    ],
    [[{ name: 'authorization', value: 'SECRET' }], [{ name: 'authorization', value: '[redacted]' }]],
    [[{ key: 'X-Api-Key', value: ['SECRET'] }], [{ key: 'X-Api-Key', value: ['[redacted]'] }]],
    [
      ['tool', '--password', 'SECRET', '--token', '-x'],
      ['tool', '--password', '[redacted]', '--token', '-x'],
    ],
  ])('%j', (from, to) => {
    expect(redactor.fields({ list: from }).list).toEqual(to);
    expect(JSON.parse(redactor.json(JSON.stringify({ data: { list: from } })))).toEqual({
      data: { list: to },
    });
  });

  it('are left where the name is not sensitive', () => {
    const fields = { list: [['host', 'x'], { name: 'host', value: 'x' }, 'tokens', ['password']] };
    expect(redactor.fields(fields)).toBe(fields);
  });
});

describe('forms of secrets', () => {
  it.each([
    ...['gs', 'xa', 'ppl', 'tvl', 'nvap', 'whse', 'h', 'np', 'glpa'].map((each, index) =>
      join(each, ['k_', 'i-', 'x-', 'y-', 'i-', 'c_', 'f_', 'm_', 't-'][index] ?? '', letters),
    ),
    join('lsv', '2_pt_', letters),
    join('ya2', '9.', letters),
    join('S', 'G.', letters, '.', letters),
    join('r', '8_', letters),
    join('k-s', 'k-', letters),
  ])('%s is masked', (secret) => {
    expect(text(`x ${secret} y`)).toMatch(/^x (?:k-)?\[redacted\] y$/);
    expect(redactor.json(JSON.stringify({ data: { a: secret } }))).not.toContain(letters);
  });

  it('signatures in URLs are masked', () => {
    expect(text('https://x/?sv=1&sig=ab%2Fcd&b=1')).toBe('https://x/?sv=1&sig=[redacted]&b=1');
    expect(text('https://x/?X-Amz-Signature=abcd')).toBe('https://x/?X-Amz-Signature=[redacted]');
  });

  it.each([
    ['4222222222222', '4111111111111111', '5555555555554444', '2223003122003222', '378282246310005'],
    ['6011111111111117', '3530111333300000', '30569309025904', '6200000000000005', '6759649826438453'],
  ])('numbers of cards are masked, as text and as number', (...cards) => {
    for (const card of cards) {
      expect(text(`card ${card}`)).toBe('card [redacted]');
      expect(redactor.fields({ a: Number(card) })).toEqual({ a: '[redacted]' });
    }
  });

  it('ids of as many digits are left, nearly all', () => {
    let masked = 0;
    for (let round = 0; round < 7_000; round += 1) {
      const length = 13 + (round % 7);
      let id = String(1 + ((round * 7919) % 9));
      while (id.length < length)
        id += String((id.length * 31 + round * 17 + ((round * id.length) >> 3)) % 10);
      if (text(id) !== id) masked += 1;
    }
    expect(masked / 7_000).toBeLessThan(0.015);
  });
});

describe('keys', () => {
  it.each([
    ...[
      'passcode',
      'pwd',
      'db_pass',
      'smtpPass',
      'jwt',
      'cvv',
      'card_cvv2',
      'cvc',
      'otp',
      'otp_code',
      'pin',
      'userPin',
    ],
    ...['ssh_key', 'AccountKey', 'password_hash'],
  ])('%s is sensitive', (key) => {
    expect(redactor.fields({ [key]: 'x' })).toEqual({ [key]: '[redacted]' });
    expect(redactor.json(JSON.stringify({ data: { [key]: 'x' } }))).toContain('[redacted]');
  });

  it.each([
    ...[
      'passwordStrength',
      'password_policy',
      'apiKeyId',
      'access_key_id',
      'next_page_token',
      'nextPageToken',
    ],
    ...['pass', 'spin', 'pinned', 'shopping', 'bypass', 'robot'],
  ])('%s is not', (key) => {
    const fields = { [key]: 'letters' };
    expect(redactor.fields(fields)).toBe(fields);
  });

  it('of a directory or of a token of an answer are not', () => {
    const fields = { pwd: '/home/me', logprobs: [{ token: ' hello', logprob: -0.1, bytes: [1] }] };
    expect(redactor.fields(fields)).toBe(fields);
    expect(redactor.fields({ pwd: 'x', token: 'x' })).toEqual({ pwd: '[redacted]', token: '[redacted]' });
  });

  it.each([
    'has_password=false and more',
    'token=null',
    'task-sk-learn-is-2-long-enough',
    'sk-learn-1-2-3-4-5-6-7-8-9',
    'password: string',
    '{"a": [1, 2],  "input_tokens": 3, "curl": "x"}',
    'token = get_token(x)',
    'docker run -u 1000:1000 x',
  ])('a text that names no secret is left: %j', (value) => {
    expect(text(value)).toBe(value);
  });
});
