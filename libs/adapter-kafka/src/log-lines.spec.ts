import { describe, expect, it } from '@jest/globals';
import { calmLevel, quietRepeats } from './log-lines.js';

describe('lines of the client’s log', () => {
  const collect = () => {
    const lines: string[] = [];
    let now = 0;
    const log = quietRepeats(
      (level, message) => void lines.push(`${level} ${message}`),
      () => now,
    );
    const wait = (ms: number): void => void (now += ms);
    return { lines, log, wait };
  };

  it('come once in half a minute each, with how often they came meanwhile', () => {
    const { lines, log, wait } = collect();
    for (let second = 0; second < 31; second += 1) {
      log('warn', 'connect ECONNREFUSED');
      log('info', second === 10 ? 'joined' : 'connect ECONNREFUSED elsewhere');
      wait(1_000);
    }
    expect(lines).toEqual([
      'warn connect ECONNREFUSED',
      'info connect ECONNREFUSED elsewhere',
      'info joined',
      'warn connect ECONNREFUSED (29 times more in the last 30 s)',
      'info connect ECONNREFUSED elsewhere (28 times more in the last 30 s)',
    ]);
  });

  it('are remembered up to a limit, whatever is in them', () => {
    const { lines, log } = collect();
    for (let round = 0; round < 2; round += 1)
      for (let number = 0; number < 10_000; number += 1) log('warn', `reading at ${number}`);
    expect(lines).toHaveLength(20_000);
  });

  it('are no warnings where a broker only answers with a code, which its reader judges', () => {
    expect(calmLevel('error', 'Response CreateTopics(key: 19, version: 3)')).toBe('debug');
    expect(calmLevel('error', 'Connection error: connect ECONNREFUSED')).toBe('warn');
    expect(calmLevel('info', 'joined')).toBe('info');
  });
});
