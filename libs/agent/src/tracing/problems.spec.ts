import { describe, expect, it } from '@jest/globals';
import { problemTeller } from './problems.js';

describe('a problem', () => {
  it('is told at most once a minute for each kind', () => {
    const told: string[] = [];
    let now = 0;
    const tell = problemTeller(
      (message) => told.push(message),
      () => now,
    );
    tell('a', 'first');
    tell('b', 'other');
    now = 59_999;
    tell('a', 'second');
    now = 60_001;
    tell('a', 'third');
    expect(told).toEqual(['kaizen-trace: first', 'kaizen-trace: other', 'kaizen-trace: third']);
  });

  it('reaches nobody where the listener throws, and does not come back', () => {
    const tell = problemTeller(() => {
      throw new Error('broken');
    });
    expect(() => tell('a', 'x')).not.toThrow();
  });
});
