import { describe, expect, it } from '@jest/globals';
import { hearing } from '../../testing/hearing.js';
import { createEmitter } from './emitter.js';
import type { Operation } from './operations.js';
import { Operations } from './operations.js';
import { compileOptions } from './options.js';

const operation = (callId: string, parentCallId?: string): Operation => ({
  kind: 'task',
  agentId: 'a',
  traceId: 't',
  callId,
  parentCallId,
  named: { name: callId },
  inherited: { 'gen_ai.conversation.id': 'c' },
});

const operationsOf = (limit: number) => {
  const receiver = hearing();
  return { receiver, operations: new Operations(createEmitter('spec', compileOptions({ receiver })), limit) };
};

describe('open operations', () => {
  it('tell a beginning and an end that belong together', () => {
    const { receiver, operations } = operationsOf(10);
    operations.begin('1', operation('one', 'zero'), { data: { in: 1, absent: undefined } });
    operations.end('1', { data: { out: 2 }, result: { success: true } });
    const place = { agentId: 'a', traceId: 't', callId: 'one', parentCallId: 'zero' };
    expect(receiver.heard).toEqual([
      { ...place, eventType: 'pre_task', data: { name: 'one', 'gen_ai.conversation.id': 'c', in: 1 } },
      { ...place, eventType: 'post_task', data: { name: 'one', out: 2 }, result: { success: true } },
    ]);
  });

  it('never grow beyond their limit: the oldest ends as failed, and its own end is not told again', () => {
    const { receiver, operations } = operationsOf(2);
    for (const id of ['1', '2', '3']) operations.begin(id, operation(id));
    expect(operations.size).toBe(2);
    expect(operations.end('1')).toBeUndefined();
    expect(receiver.lines()).toEqual([
      'pre_task a',
      'pre_task a',
      'post_task a failed: not followed to its end: more than 2 operations were open at once',
      'pre_task a',
    ]);
  });

  it('show an ancestor for what is passed over, and never end it in its place', () => {
    const { receiver, operations } = operationsOf(10);
    const above = operation('above');
    operations.begin('1', above);
    operations.passOver('2', above);
    expect(operations.find('2')).toBe(above);
    expect(operations.end('2')).toBe(above);
    expect(operations.find('1')).toBe(above);
    expect(receiver.lines()).toEqual(['pre_task a']);
  });

  it('end what begins anew under the same id', () => {
    const { receiver, operations } = operationsOf(10);
    operations.begin('1', operation('one'));
    operations.begin('1', operation('two'));
    expect(receiver.heard.map(({ eventType, callId }) => [eventType, callId])).toEqual([
      ['pre_task', 'one'],
      ['post_task', 'one'],
      ['pre_task', 'two'],
    ]);
  });
});
