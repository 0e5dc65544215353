import { AsyncLocalStorage } from 'node:async_hooks';
import type { HookResultInit } from '../../hooks/hook-result.js';
import { currentRun } from '../../observing/run.js';
import { boundedJson } from '../framework/content.js';
import { createEmitter, type Emitter } from '../framework/emitter.js';
import { freshTraceId, listOf, numberOf, present, recordOf, textOf } from '../framework/fields.js';
import { providerName, requestFields, tokenFields, usageFields } from '../framework/gen-ai.js';
import type { Operation, Telling } from '../framework/operations.js';
import { Operations } from '../framework/operations.js';
import type { AdapterOptions, CompiledOptions, OuterOperation } from '../framework/options.js';
import { compileOptions } from '../framework/options.js';
import { failedWith, succeeded } from '../framework/outcome.js';
import { inputContent, modelAnswer, modelRequest, outputContent, usageOf } from './model-calls.js';
import type { Call, Inner, ToolPlace } from './call.js';
import { agentIdOf, at, embeddingUsageOf, kindOf, modelIdOf, retried, toolIdOf } from './call.js';
import type { AiCallEvent, AiEmbedEvent, AiStepEvent, AiToolEvent } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

/** Turns the SDK's telemetry into events. Its methods may throw: the telemetry guards them. */
export class Calls {
  readonly options: CompiledOptions;
  readonly emitter: Emitter;
  /** The tool within which code runs, so that a call in there appears under it. */
  readonly tool = new AsyncLocalStorage<ToolPlace | undefined>();
  readonly #operations: Operations;
  readonly #calls = new Map<string, Call>();

  constructor(options: AdapterOptions) {
    this.options = compileOptions(options);
    this.emitter = createEmitter('Vercel AI', this.options);
    this.#operations = new Operations(this.emitter, this.options.maxOpenOperations);
  }

  begin(event: AiCallEvent): void {
    const fields = recordOf(event);
    const operationId = textOf(fields.operationId) ?? 'ai.generateText';
    const kind = kindOf(operationId);
    const tool = this.tool.getStore();
    // A run that began within the tool, by `trace.agent` and the like, is nearer.
    const outer = tool !== undefined && tool.run === currentRun() ? tool.place : this.options.within();
    const operation: Operation = {
      kind,
      agentId: agentIdOf(fields, this.options).slice(0, 256),
      traceId: outer?.traceId ?? freshTraceId(),
      callId: event.callId,
      parentCallId: outer?.callId,
      named: present(kind === 'agent_loop' ? { 'gen_ai.agent.name': textOf(fields.functionId) } : {}),
      inherited: {},
    };
    const isStream = operationId.startsWith('ai.stream');
    this.#keep(event.callId, { operation, isStream, inner: new Set(), step: undefined, modelCalls: 0 });
    this.#operations.begin(event.callId, operation, {
      data: {
        operation: operationId,
        ...requestFields({ provider: textOf(fields.provider), model: textOf(fields.modelId) }),
      },
      ...at(fields),
    });
  }

  beginStep(event: AiStepEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    if (call.step !== undefined) this.#endInner(call, call.step, {});
    const id = `${event.callId}.step.${event.stepNumber}`;
    this.#beginInner(call, id, {
      kind: 'step',
      named: { step_number: event.stepNumber },
      telling: at(recordOf(event)),
    });
    call.step = id;
  }

  /** Ends a step with whatever within it has not ended. */
  endStep(event: AiStepEvent, result: HookResultInit): void {
    const call = this.#calls.get(event.callId);
    if (call?.step === undefined) return;
    const fields = recordOf(event);
    this.#endLeftovers(call, { ...at(fields), ...(result.success ? {} : { result }) }, call.step);
    const data = { finish_reason: textOf(fields.finishReason), ...tokenFields(usageOf(fields.usage)) };
    this.#endInner(call, call.step, { data, result, ...at(fields) });
    call.step = undefined;
  }

  /** A retry may begin another model call before the last has ended. */
  beginModel(event: AiCallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    this.#endInner(call, modelIdOf(event, call), { result: retried });
    call.modelCalls += 1;
    const fields = recordOf(event);
    const request = modelRequest(fields, call.isStream);
    this.#beginInner(call, modelIdOf(event, call), {
      kind: 'llm_call',
      named: present({ model: request.model }),
      telling: { data: { ...request, ...inputContent(fields, this.options) }, ...at(fields) },
    });
  }

  endModel(event: AiCallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const fields = recordOf(event);
    const data = { ...modelAnswer(fields), ...outputContent(fields, this.options) };
    this.#endInner(call, modelIdOf(event, call), { data, result: succeeded, ...at(fields) });
  }

  failModel(event: AiCallEvent, thrown: unknown): void {
    const call = this.#calls.get(event.callId);
    if (call !== undefined) this.#endInner(call, modelIdOf(event, call), { result: failedWith(thrown) });
  }

  /** The tool as the place of calls that are made within it. */
  placeOfTool(callId: string, toolCallId: string): OuterOperation | undefined {
    const traceId = this.#calls.get(callId)?.operation.traceId;
    return traceId === undefined ? undefined : { traceId, callId: toolIdOf(callId, toolCallId) };
  }

  beginTool(event: AiToolEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const { toolCallId, toolName } = event.toolCall;
    this.#beginInner(call, toolIdOf(event.callId, toolCallId), {
      kind: 'tool_use',
      named: { tool_name: toolName },
      telling: {
        data: {
          'gen_ai.tool.type': 'function',
          'gen_ai.tool.call.id': toolCallId,
          ...this.#content('gen_ai.tool.call.arguments', recordOf(event.toolCall).input),
        },
        ...at(recordOf(event)),
      },
    });
  }

  endTool(event: AiToolEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const { type, error, output } = recordOf(recordOf(event).toolOutput);
    this.#endInner(call, toolIdOf(event.callId, event.toolCall.toolCallId), {
      data: this.#content('gen_ai.tool.call.result', output),
      result: type === 'tool-error' ? failedWith(error) : succeeded,
      ...at(recordOf(event)),
    });
  }

  /** A call of an embedding model, of which embedMany makes several. */
  beginEmbed(event: AiEmbedEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const fields = recordOf(event);
    const model = textOf(fields.modelId);
    this.#beginInner(call, event.embedCallId, {
      kind: 'embeddings',
      named: present({ model }),
      telling: {
        data: {
          'gen_ai.operation.name': 'embeddings',
          ...requestFields({ model, provider: textOf(fields.provider) }),
          'gen_ai.embeddings.dimension.count': numberOf(fields.dimensions),
          values: listOf(fields.values).length,
        },
        ...at(fields),
      },
    });
  }

  endEmbed(event: AiEmbedEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const fields = recordOf(event);
    const data = usageFields(embeddingUsageOf(fields));
    this.#endInner(call, event.embedCallId, { data, result: succeeded, ...at(fields) });
  }

  beginRerank(event: AiCallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const fields = recordOf(event);
    const [model, provider] = [textOf(fields.modelId), providerName(textOf(fields.provider))];
    this.#beginInner(call, `${event.callId}.rerank`, {
      kind: 'rerank_call',
      named: present({ model }),
      telling: {
        data: { ...requestFields({ model, provider }), documents: listOf(fields.documents).length },
        ...at(fields),
      },
    });
  }

  endRerank(event: AiCallEvent): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    const data = { ranked: listOf(recordOf(event).ranking).length };
    this.#endInner(call, `${event.callId}.rerank`, { data, result: succeeded, ...at(recordOf(event)) });
  }

  /** Ends a call with whatever within it has not ended: nothing of it stays open. */
  end(event: AiCallEvent, result: HookResultInit): void {
    const call = this.#calls.get(event.callId);
    if (call === undefined) return;
    this.#calls.delete(event.callId);
    const fields = recordOf(event);
    this.#endLeftovers(call, { ...at(fields), ...(result.success ? {} : { result }) });
    const isLoop = call.operation.kind === 'agent_loop';
    const usage = isLoop ? usageFields(usageOf(fields.usage)) : tokenFields(embeddingUsageOf(fields));
    this.#operations.end(event.callId, {
      data: { finish_reason: textOf(fields.finishReason), ...usage },
      result,
      ...at(fields),
    });
  }

  #keep(callId: string, call: Call): void {
    this.#calls.set(callId, call);
    for (const oldest of this.#calls.keys()) {
      if (this.#calls.size <= this.options.maxOpenOperations) return;
      this.#calls.delete(oldest);
    }
  }

  #content(key: string, value: unknown): Fields {
    const { captureContent, maxContentLength } = this.options;
    return captureContent ? { [key]: boundedJson(value, maxContentLength) } : {};
  }

  #beginInner(call: Call, id: string, { kind, named, telling }: Inner): void {
    const { agentId, traceId, callId } = call.operation;
    const parentCallId = kind === 'step' ? callId : (call.step ?? callId);
    call.inner.add(id);
    this.#operations.begin(
      id,
      { kind, agentId, traceId, callId: id, parentCallId, named, inherited: {} },
      telling,
    );
  }

  #endInner(call: Call, id: string, telling: Telling): void {
    if (call.inner.delete(id)) this.#operations.end(id, telling);
  }

  /** Ends what is open, the last begun first; a step that is about to end itself is left out. */
  #endLeftovers(call: Call, telling: Telling, but?: string): void {
    for (const id of [...call.inner].reverse()) if (id !== but) this.#endInner(call, id, telling);
  }
}
