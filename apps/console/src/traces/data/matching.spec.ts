import { describe, expect, it } from '@jest/globals';
import { span } from '../testing/spans.js';
import { spanTestOf } from './matching.js';

const one = span({ id: 'ab12', name: 'pre_tool_use:Grep', tags: { path: 'src/Module one.ts', error: true } });

describe('a search within a trace', () => {
  it.each([
    ['grep', true],
    ['GREP module', true],
    ['grep nothing', false],
    ['path=module', true],
    ['path=other', false],
    ['error=true', true],
    ['"module one"', true],
    ['"one module"', false],
    ['path="module one"', true],
    ['ab12', true],
    ['ab1', false],
  ])('%s: %s', (text, found) => expect(spanTestOf(text)?.(one)).toBe(found));

  it('looks for nothing where nothing is asked', () => expect(spanTestOf('  ')).toBeUndefined());
});
