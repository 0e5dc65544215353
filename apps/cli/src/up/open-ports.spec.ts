import { describe, expect, it } from '@jest/globals';
import { readSettings } from '@kaizen-trace/settings';
import { keylessPortsWarning } from './open-ports.js';
import { upSettings } from './settings.js';

const warningOf = (env: Readonly<Record<string, string>>): string | undefined => {
  const reading = readSettings(upSettings, {
    KAIZEN_API_KEYS: 'a-key-of-the-gateway',
    KAIZEN_QUERY_KEYS: 'a-key-of-the-console',
    ...env,
  });
  if (reading.type === 'refused') throw new Error(JSON.stringify(reading.problems));
  return keylessPortsWarning(reading.settings);
};

describe('what asks for no key', () => {
  it('is told where KAIZEN_BIND_HOST opens it to other machines, with what to do instead', () => {
    const warning = warningOf({ KAIZEN_BIND_HOST: '0.0.0.0' });
    for (const name of [
      'KAIZEN_ASSEMBLER_PORT',
      'KAIZEN_EXPORTER_PORT',
      'KAIZEN_OTLP_PORT',
      'KAIZEN_QUERY_HOST',
    ])
      expect(warning).toContain(name);
  });

  it('is nothing where only what asks for keys is opened', () => {
    expect(warningOf({})).toBeUndefined();
    expect(warningOf({ KAIZEN_GATEWAY_HOST: '0.0.0.0', KAIZEN_QUERY_HOST: '0.0.0.0' })).toBeUndefined();
  });

  it('names no port for spans where they go to a backend elsewhere', () => {
    const warning = warningOf({ KAIZEN_BIND_HOST: '::', JAEGER_HOST: 'jaeger.example' });
    expect(warning).not.toContain('KAIZEN_OTLP_PORT');
    expect(warning).toContain('KAIZEN_ASSEMBLER_PORT');
  });
});
