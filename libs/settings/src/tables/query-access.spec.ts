import { describe, expect, it } from '@jest/globals';
import { consoleSettings, defineSettings, readSettings, traceStoreSettings } from '../index.js';

describe('who may ask the query API and console', () => {
  it('reads the names under which the query API is open, and refuses what is no name', () => {
    const openTo = (value: string) => {
      const outcome = readSettings(defineSettings({ store: traceStoreSettings }), {
        KAIZEN_QUERY_OPEN: value,
      });
      return outcome.type === 'ok' ? outcome.settings.store.queryOpen : outcome.problems[0]?.variable;
    };
    expect(openTo('yes')).toBe(true);
    expect(openTo('console, Traces.Example.org')).toEqual(['console', 'traces.example.org']);
    expect(openTo('console:8080')).toBe('KAIZEN_QUERY_OPEN');
    expect(openTo('http://console')).toBe('KAIZEN_QUERY_OPEN');
  });

  it('reads the console as a service of its own, with the first of several keys for the gateway', () => {
    const consoleOf = (env: Record<string, string>) =>
      readSettings(defineSettings({ console: consoleSettings }), env);
    expect(consoleOf({})).toMatchObject({
      settings: {
        console: {
          consolePort: 8080,
          queryHost: '127.0.0.1',
          jaegerUrl: 'http://localhost:16686',
          gatewayUrl: 'http://localhost:4310',
          gatewayKey: undefined,
        },
      },
    });
    expect(
      consoleOf({ JAEGER_QUERY_URL: 'https://jaeger/under/', KAIZEN_API_KEYS: 'one,two' }),
    ).toMatchObject({ settings: { console: { jaegerUrl: 'https://jaeger/under', gatewayKey: 'one' } } });
    expect(consoleOf({ KAIZEN_BIND_HOST: '::', JAEGER_QUERY_URL: 'jaeger:16686' })).toMatchObject({
      type: 'refused',
      problems: [{ variable: 'JAEGER_QUERY_URL' }, { variable: 'KAIZEN_QUERY_KEYS' }],
    });
  });
});
