import { tracingChannel } from 'node:diagnostics_channel';
import { recordOf, textOf } from '../framework/fields.js';
import type { AdapterOptions } from '../framework/options.js';
import { currentRun } from '../../observing/run.js';
import { runStorage } from '../../observing/run-storage.js';
import type { ToolPlace } from './call.js';
import { Calls } from './calls.js';
import { runOf, telemetryOver } from './telemetry.js';
import type { AiCallEvent, AiTelemetry, AiToolEvent } from './types.js';

const channelName = 'ai:telemetry';

/** What the SDK publishes: what runs, how it began, and at its end what it came to. */
interface Message {
  readonly type: string;
  readonly event: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error: unknown;
}

const messageOf = (value: unknown): Message => {
  const { type, event, result, error } = recordOf(value);
  return { type: textOf(type) ?? '', event: recordOf(event), result, error };
};

const callOf = ({ event }: Message): AiCallEvent => ({ callId: textOf(event.callId) ?? '' });

const begin = (telemetry: AiTelemetry, message: Message): void => {
  const event = { ...message.event, ...callOf(message) };
  switch (message.type) {
    case 'step':
      telemetry.onStepStart({ stepNumber: 0, ...event });
      break;
    case 'languageModelCall':
      telemetry.onLanguageModelCallStart(event);
      break;
    case 'executeTool':
      telemetry.onToolExecutionStart(event as unknown as AiToolEvent);
      break;
    default:
      telemetry.onStart(event);
  }
};

const endStep = (telemetry: AiTelemetry, { event, error, result }: Message, call: AiCallEvent): void => {
  const step = { stepNumber: 0, ...event, ...recordOf(result), ...call };
  if (error === undefined) telemetry.onStepEnd(step);
  else telemetry.onStepError({ ...step, ...{ error } });
};

const endTool = (telemetry: AiTelemetry, { event, error, result }: Message): void => {
  const toolOutput = error === undefined ? recordOf(result).output : { type: 'tool-error', error };
  telemetry.onToolExecutionEnd({ ...event, toolOutput } as unknown as AiToolEvent);
};

const end = (telemetry: AiTelemetry, calls: Calls, message: Message): void => {
  const { error } = message;
  const result = recordOf(message.result);
  const call = callOf(message);
  switch (message.type) {
    case 'step':
      endStep(telemetry, message, call);
      break;
    case 'languageModelCall':
      if (error !== undefined) calls.failModel(call, error);
      // A stream has only begun when the call returns it; it ends with its step.
      else if (!('stream' in result)) telemetry.onLanguageModelCallEnd({ ...result, ...call });
      break;
    case 'executeTool':
      endTool(telemetry, message);
      break;
    default:
      if (error === undefined) telemetry.onEnd({ ...{ usage: result.totalUsage }, ...result, ...call });
      else telemetry.onError({ ...call, error });
  }
};

/**
 * Follows the Vercel AI SDK's diagnostics channel `ai:telemetry`, with no change to the calls; gives the way to stop. Use
 * it or {@link vercelAiTelemetry}, not both: each tells the same. The channel does not tell what a streamed answer held:
 * its usage, finish reason and content are told by the telemetry only.
 *
 * @throws TypeError where an option is wrong.
 */
export const followVercelAi = (options: AdapterOptions): (() => void) => {
  const calls = new Calls(options);
  const telemetry = telemetryOver(calls);
  const safely = (work: () => void): void => calls.emitter.safely('following a call', work);
  const channel = tracingChannel(channelName);
  const toolOf = (value: unknown): ToolPlace | undefined => {
    const message = messageOf(value);
    const toolCallId = textOf(recordOf(message.event.toolCall).toolCallId);
    if (message.type !== 'executeTool' || toolCallId === undefined) return undefined;
    const place = calls.placeOfTool(callOf(message).callId, toolCallId);
    return place === undefined ? undefined : { place, run: runOf(place) };
  };
  // Asked for by both stores, which must have the very same run.
  const known = new WeakMap<object, ToolPlace>();
  const placeOf = (value: unknown): ToolPlace | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    let tool = known.get(value);
    if (tool === undefined) safely(() => (tool = toolOf(value)));
    if (tool !== undefined) known.set(value, tool);
    return tool;
  };
  const begun = (value: unknown): void => safely(() => begin(telemetry, messageOf(value)));
  const ended = (value: unknown): void => safely(() => end(telemetry, calls, messageOf(value)));
  const run = runStorage();
  channel.start.bindStore(calls.tool, (value) => placeOf(value) ?? calls.tool.getStore());
  channel.start.bindStore(run, (value) => placeOf(value)?.run ?? currentRun());
  channel.start.subscribe(begun);
  channel.asyncEnd.subscribe(ended);
  return () => {
    channel.start.unbindStore(calls.tool);
    channel.start.unbindStore(run);
    channel.start.unsubscribe(begun);
    channel.asyncEnd.unsubscribe(ended);
  };
};
