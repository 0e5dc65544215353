import { describe, expect, it } from '@jest/globals';
import { readKeyFile } from './api-key.js';

const hash = 'ab'.repeat(32);
const line = (fields: Readonly<Record<string, unknown>> = {}): string =>
  JSON.stringify({ name: 'checkout', sha256: hash, ...fields });

describe('a key file', () => {
  it('is read line by line, without comments and blank lines', () => {
    const reading = readKeyFile(
      `# keys of the shop\n\n${line({ services: ['checkout'], operations: ['ingest', 'read'], requests_per_second: 5, bytes_per_second: 1000 })}\r\n${line({ name: 'b', sha256: 'CD'.repeat(32) })}\n`,
    );
    expect(reading).toEqual({
      type: 'read',
      keys: [
        {
          name: 'checkout',
          digest: Buffer.from(hash, 'hex'),
          services: ['checkout'],
          operations: ['ingest', 'read'],
          requestsPerSecond: 5,
          bytesPerSecond: 1000,
        },
        {
          name: 'b',
          digest: Buffer.from('cd'.repeat(32), 'hex'),
          services: undefined,
          operations: ['ingest'],
          requestsPerSecond: undefined,
          bytesPerSecond: undefined,
        },
      ],
    });
  });

  it.each([
    ['nothing', '\n# no key\n'],
    ['no JSON', 'kz_secret'],
    ['no object', '[1]'],
    ['no name', line({ name: '' })],
    ['a key instead of its hash', line({ sha256: 'kz_secret' })],
    ['no services', line({ services: [] })],
    ['a service without a name', line({ services: [''] })],
    ['an unknown operation', line({ operations: ['everything'] })],
    ['a rate of nothing', line({ requests_per_second: 0 })],
    ['a misspelt field', line({ service: ['checkout'] })],
    ['a hash twice', `${line()}\n${line({ name: 'other' })}`],
  ])('is broken as a whole with %s, and the reason shows nothing that stands in it', (_name, text) => {
    const reading = readKeyFile(
      `${line({ sha256: 'cd'.repeat(32) })}\n${text}`.replace(/^.*\n(?=\n# no)/, ''),
    );
    expect(reading.type).toBe('broken');
    expect(JSON.stringify(reading)).not.toMatch(/kz_secret|abab|checkout/);
  });
});
