import fc from 'fast-check';
import type { AssemblySettings, FoldInput } from '@kaizen-trace/assembler-core';
import type { Fields, HookContext } from '@kaizen-trace/contracts';
import { micros, millis } from '@kaizen-trace/contracts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('\ud800', 'a\udfffb', 'ü🙂', '\\u0041\\', ''),
);
const json = fc.oneof(
  text,
  fc.double(),
  fc.boolean(),
  fc.constant(null),
  fc.array(text, { maxLength: 3 }),
  fc.array(fc.double(), { maxLength: 3 }),
  fc.array(fc.boolean(), { maxLength: 3 }),
  fc.constant({ deep: [1, null, { x: 'y' }] }),
);
const fields: fc.Arbitrary<Fields> = fc.dictionary(
  fc.oneof(text, fc.constantFrom('__proto__', 'tool_name', '7')),
  json,
  {
    maxKeys: 4,
  },
);
const anyText = fc.oneof(
  fc.constantFrom('t', 'run\\42', '\ud83d', '\\ud83d', 'a\0b'),
  text.filter((each) => each !== ''),
);

const event: fc.Arbitrary<HookContext> = fc.record(
  {
    eventId: fc.uuid(),
    traceId: anyText,
    eventType: fc.constantFrom(
      'pre_agent_loop',
      'post_agent_loop',
      'pre_tool_use',
      'post_tool_use',
      'post_custom',
      'note',
    ),
    agentId: anyText,
    timestamp: fc.bigInt({ min: 0n, max: 9_223_372_035_999_999n }).map(micros),
    serviceName: anyText,
    callId: anyText,
    parentCallId: anyText,
    data: fields,
    metadata: fields,
    result: fc.record(
      { success: fc.boolean(), error: text, errorType: text, stack: text, durationMs: fc.double() },
      { requiredKeys: ['success'] },
    ),
  },
  { requiredKeys: ['eventId', 'traceId', 'eventType', 'agentId', 'timestamp', 'data', 'metadata'] },
);

/** Records of a few traces, with every kind of value, in the order of the log. */
export const run = fc
  .array(fc.tuple(event, fc.nat({ max: 20_000 })), { maxLength: 30 })
  .map((events): readonly FoldInput[] => {
    let at = 1_700_000_000_000;
    return events.map(([each, gap], index) => {
      at += gap;
      return { offset: BigInt(index) * 3_000_000_007n, appendTime: millis(at), event: each };
    });
  });
/** Either layout. */
export const layouts = fc.constantFrom<AssemblySettings['layout']>('events', 'operations');
