import type { EventJson, JsonValue } from '@kaizen-trace/contracts';
import { firstLine } from './content.js';
import { contentOf, eventOf, repeatable, type Drafting } from './drafting.js';
import { endId, endOpen } from './endings.js';
import { numberIn, objectIn, textIn } from './payload.js';
import { awaitSubagent, settleSubagent, startsSubagent, subagentOf } from './subagents.js';

interface ToolCall {
  readonly name: string | undefined;
  readonly call: string | undefined;
}

const toolCallOf = ({ payload }: Drafting): ToolCall => ({
  name: textIn(payload.fields, 'tool_name', 256),
  call: textIn(payload.fields, 'tool_use_id', 200),
});

const describe = (drafting: Drafting, name: string | undefined) => {
  const { fields } = drafting.payload;
  const server = objectIn(fields, 'mcp_server');
  return {
    tool_name: name,
    mcp_server: textIn(server, 'name', 256),
    subagent_type: startsSubagent(name)
      ? textIn(objectIn(fields, 'tool_input'), 'subagent_type', 128)
      : undefined,
  };
};

const begins = (drafting: Drafting): EventJson => {
  const { payload, options, agent, trace, scope } = drafting;
  const { name, call } = toolCallOf(drafting);
  if (call !== undefined) {
    options.calls?.open({
      session: payload.session,
      id: call,
      kind: 'tool_use',
      agent,
      trace,
      scope,
      ...(name === undefined ? {} : { name }),
    });
    if (startsSubagent(name)) awaitSubagent(drafting, call);
  }
  return eventOf(drafting, {
    type: 'pre_tool_use',
    id: repeatable(drafting, 'tool', call),
    call,
    parent: drafting.around,
    data: {
      ...describe(drafting, name),
      'gen_ai.tool.call.arguments': contentOf(drafting, 'tool_input'),
    },
  });
};

type Result = Readonly<Record<string, JsonValue | undefined>>;

const resultOf = ({ payload }: Drafting): Result => {
  const { fields } = payload;
  const duration = numberIn(fields, 'duration_ms');
  switch (payload.event) {
    case 'PostToolUseFailure':
      return {
        success: false,
        error: firstLine(textIn(fields, 'error') ?? '') || 'the tool failed',
        error_type: fields.is_interrupt === true ? 'Interrupted' : 'ToolFailure',
        duration_ms: duration,
      };
    case 'PermissionDenied':
      return {
        success: false,
        error: ['permission denied', firstLine(textIn(fields, 'reason') ?? '')].filter(Boolean).join(': '),
        error_type: 'PermissionDenied',
      };
    default:
      return { success: true, duration_ms: duration };
  }
};

/** What a subagent's run came to, which its call's result has. */
const totalsOf = ({ payload }: Drafting) => {
  const response = objectIn(payload.fields, 'tool_response');
  return {
    subagent_status: textIn(response, 'status', 64),
    subagent_tokens: numberIn(response, 'totalTokens'),
    subagent_tool_calls: numberIn(response, 'totalToolUseCount'),
    subagent_model: textIn(response, 'resolvedModel', 256),
  };
};

const ends = (drafting: Drafting): EventJson => {
  const { payload, options } = drafting;
  const { name, call } = toolCallOf(drafting);
  const opened = call === undefined ? undefined : options.calls?.close(payload.session, call);
  if (call !== undefined && startsSubagent(name)) settleSubagent(drafting, call);
  return eventOf(drafting, {
    type: 'post_tool_use',
    id: endId(drafting, call),
    call,
    parent: drafting.around,
    trace: opened?.trace,
    data: {
      ...describe(drafting, name),
      ...(startsSubagent(name) ? { subagent_id: subagentOf(drafting), ...totalsOf(drafting) } : {}),
      // Without the time that permissions and hooks took, which the span has.
      execution_ms: numberIn(payload.fields, 'duration_ms'),
      'gen_ai.tool.call.result': contentOf(drafting, 'tool_response'),
    },
    result: resultOf(drafting),
  });
};

/** All calls of one answer are over: those that are open still were denied or blocked, which no event of theirs says. */
const batchEnds = (drafting: Drafting): readonly EventJson[] => {
  const { fields } = drafting.payload;
  const calls: readonly unknown[] = Array.isArray(fields.tool_calls) ? fields.tool_calls : [];
  const over = new Set(calls.map((call) => textIn(objectIn({ call }, 'call'), 'tool_use_id', 200)));
  return [
    ...endOpen(drafting, ({ id, kind }) => kind === 'tool_use' && over.has(id), 'denied or blocked'),
    eventOf(drafting, { type: 'tool_batch', parent: drafting.around, data: { tool_calls: calls.length } }),
  ];
};

/** The events of one call of a tool, or of all calls of one answer. */
export const toolEvents = (drafting: Drafting): readonly EventJson[] => {
  switch (drafting.payload.event) {
    case 'PreToolUse':
      return [begins(drafting)];
    case 'PostToolBatch':
      return batchEnds(drafting);
    default:
      return [ends(drafting)];
  }
};
