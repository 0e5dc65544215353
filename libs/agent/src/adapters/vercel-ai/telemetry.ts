import { recordOf, textOf } from '../framework/fields.js';
import type { Run } from '../../observing/run.js';
import { currentRun, within } from '../../observing/run.js';
import type { AdapterOptions, OuterOperation } from '../framework/options.js';
import { failedWith, succeeded } from '../framework/outcome.js';
import { Calls } from './calls.js';
import type { AiTelemetry } from './types.js';

/** What an abort is told as: its reason, under the name that the platform gives aborts. */
const aborted = (reason: unknown): ReturnType<typeof failedWith> => {
  const { message } = recordOf(reason);
  const text = textOf(reason) ?? textOf(message);
  return {
    success: false,
    error: text === undefined ? 'aborted' : `aborted: ${text}`,
    errorType: 'AbortError',
  };
};

/** The run that a tool's code belongs to: what `trace` wraps in there appears under the tool. */
export const runOf = ({ traceId, callId }: OuterOperation): Run => {
  const { tracestate = [], speaker } = currentRun() ?? {};
  return { traceId, callId, foreignParent: undefined, tracestate, speaker };
};

/** A telemetry over calls that are shared with whoever else reads them. */
export const telemetryOver = (calls: Calls): AiTelemetry => {
  const safely = (work: () => void): void => calls.emitter.safely('following a call', work);
  const failedCall = (event: unknown): void => {
    const callId = textOf(recordOf(event).callId);
    if (callId !== undefined) calls.end({ callId }, failedWith(recordOf(event).error));
  };
  return {
    onStart: (event) => safely(() => calls.begin(event)),
    onStepStart: (event) => safely(() => calls.beginStep(event)),
    onLanguageModelCallStart: (event) => safely(() => calls.beginModel(event)),
    onLanguageModelCallEnd: (event) => safely(() => calls.endModel(event)),
    onToolExecutionStart: (event) => safely(() => calls.beginTool(event)),
    onToolExecutionEnd: (event) => safely(() => calls.endTool(event)),
    onStepEnd: (event) => safely(() => calls.endStep(event, succeeded)),
    onStepError: (event) => safely(() => calls.endStep(event, failedWith(recordOf(event).error))),
    onObjectStepStart: (event) => safely(() => calls.beginModel(event)),
    onObjectStepEnd: (event) => safely(() => calls.endModel(event)),
    onEmbedStart: (event) => safely(() => calls.beginEmbed(event)),
    onEmbedEnd: (event) => safely(() => calls.endEmbed(event)),
    onRerankStart: (event) => safely(() => calls.beginRerank(event)),
    onRerankEnd: (event) => safely(() => calls.endRerank(event)),
    onEnd: (event) => safely(() => calls.end(event, succeeded)),
    onAbort: (event) => safely(() => calls.end(event, aborted(recordOf(event).reason))),
    onError: (event) => safely(() => failedCall(event)),
    executeTool: ({ callId, toolCallId, execute }) => {
      const place = calls.placeOfTool(callId, toolCallId);
      if (place === undefined) return execute();
      const run = runOf(place);
      return calls.tool.run({ place, run }, () => within(run, execute));
    },
  };
};

/**
 * A telemetry integration for the Vercel AI SDK: `registerTelemetry(vercelAiTelemetry({ receiver }))`, or for one call in
 * `telemetry.integrations`. It never throws and returns at once.
 *
 * @throws TypeError where an option is wrong.
 */
export const vercelAiTelemetry = (options: AdapterOptions): AiTelemetry => telemetryOver(new Calls(options));
