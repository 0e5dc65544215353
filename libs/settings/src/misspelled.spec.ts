import { describe, expect, it } from '@jest/globals';
import { defineSettings, misspelledVariables, port, setting } from './index.js';

const own = defineSettings({
  own: setting({ names: ['KAIZEN_TEST_PORT'], parser: port, default: 1, about: '' }),
});

describe('misspelledVariables', () => {
  it('finds names that are almost right, and says what was meant', () => {
    expect(misspelledVariables({ KAFKA_BROKER: 'a:1', KAIZEN_SPAN_LAYOT: 'events' })).toEqual([
      {
        variable: 'KAFKA_BROKER',
        problem: 'is set, but nothing reads it',
        remedy: 'Did you mean KAFKA_BROKERS?',
      },
      {
        variable: 'KAIZEN_SPAN_LAYOT',
        problem: 'is set, but nothing reads it',
        remedy: 'Did you mean KAIZEN_SPAN_LAYOUT?',
      },
    ]);
    expect(misspelledVariables({ KAIZEN_TEST_PROT: '1' }, own)).toHaveLength(1);
  });

  it('leaves known names, and names that are like none, in peace', () => {
    const env = {
      KAFKA_BROKERS: 'a:1',
      KAIZEN_TEST_PORT: '1',
      KAIZEN_GATEWAY_SERVICE_HOST: 'x',
      PATH: '/',
      KAFKA_HEAP_OPTS: '',
    };
    expect(misspelledVariables(env, own)).toEqual([]);
  });
});
