import { describe, expect, it } from '@jest/globals';
import { namesLoopback, shownKey, shownKeyOrPassword } from './caller.js';
import { keyDigest, openKeyTable, warnOfShortKeys } from './key-table.js';

describe('a host that is this machine’s loopback', () => {
  it.each([
    'localhost',
    'localhost:4310',
    'LocalHost:4310',
    'localhost.',
    'localhost.:4310',
    'console.localhost:80',
    '127.0.0.1',
    '127.0.0.1:65535',
    '127.8.9.10',
    '[::1]',
    '[::1]:4310',
  ])('is %s', (host) => {
    expect(namesLoopback({ host })).toBe(true);
  });

  it.each([
    '',
    'evil.example',
    'evil.example:4310',
    'localhost.evil.example',
    'evil-localhost',
    'localhostx',
    '127.0.0.1.evil.example',
    '1127.0.0.1',
    '0.0.0.0:4310',
    '[::]:4310',
    '[::ffff:192.0.2.1]',
    '192.168.1.5',
    'localhost:4310:evil.example',
    'localhost:x',
    'localhost@evil.example',
    'evil.example, localhost',
    'localhost evil.example',
    'localhost..',
    '[localhost',
    'localhost/evil',
  ])('is none such as %p', (host) => {
    expect(namesLoopback({ host })).toBe(false);
  });

  it('is none where a proxy says that the request comes from elsewhere', () => {
    const behind = (forwarded: string) => namesLoopback({ host: 'localhost', 'x-forwarded-for': forwarded });
    expect(['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.0.0.1, ::1'].map(behind)).not.toContain(false);
    expect(
      ['192.0.2.7', '127.0.0.1, 192.0.2.7', '', 'unknown', '192.0.2.7, 127.0.0.1'].map(behind),
    ).not.toContain(true);
  });
});

describe('the key that a request shows', () => {
  it('is a bearer token, or in a header of its own, or for browsers a password', () => {
    const basic = { authorization: `Basic ${Buffer.from('me:a:b').toString('base64')}` };
    expect(shownKey({ authorization: 'bEaReR   key' })).toBe('key');
    expect(shownKey({ 'x-api-key': 'key' })).toBe('key');
    expect(shownKey(basic)).toBeUndefined();
    expect(shownKeyOrPassword(basic)).toBe('a:b');
    for (const authorization of ['', 'Bearer', 'Bearer ', 'Digest x', 'Basic', 'Basic !!!!'])
      expect([shownKey({ authorization }), shownKeyOrPassword({ authorization })]).toEqual([
        undefined,
        undefined,
      ]);
  });
});

describe('a table of keys', () => {
  it('finds each by the key and by its digest, and nothing else', () => {
    const entries = ['one', 'two', ''].map((name) => ({ name, digest: keyDigest(name) }));
    const table = openKeyTable(entries);
    for (const entry of entries)
      expect([table.find(entry.name), table.at(entry.digest)]).toEqual([entry, entry]);
    expect([table.find('three'), table.find('One'), table.at(new Uint8Array(32))]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});

describe('a key that can be guessed', () => {
  it('is warned of, and not shown', () => {
    const lines: string[] = [];
    const logger = { warn: (line: string) => void lines.push(line) };
    warnOfShortKeys(['a-long-key-of-24-letters', 'hunter2'], 'KAIZEN_QUERY_KEYS', logger);
    expect(lines).toEqual([
      expect.stringMatching(/^KAIZEN_QUERY_KEYS has a key of fewer than 16 characters/),
    ]);
    expect(lines.join('')).not.toMatch(/hunter2|a-long/);
    warnOfShortKeys(['a-long-key-of-24-letters'], 'KAIZEN_QUERY_KEYS', logger);
    expect(lines).toHaveLength(1);
  });
});
