import { nowSeconds } from '../../clock.js';
import { boundedJson, parsedIfJson } from '../framework/content.js';
import { createEmitter, type Emitter } from '../framework/emitter.js';
import { firstText, freshTraceId, hexOf, listOf, present, recordOf, textOf } from '../framework/fields.js';
import type { Operation, Telling } from '../framework/operations.js';
import { Operations } from '../framework/operations.js';
import type { AdapterOptions, CompiledOptions } from '../framework/options.js';
import { compileOptions } from '../framework/options.js';
import { failedWith, succeeded } from '../framework/outcome.js';
import { chainStartOf, conversationOf, isControlFlow } from './chains.js';
import { classNameOf, inputContent, modelAnswer, modelRequest, outputContent } from './model-calls.js';
import type { ChainStart, RunStart } from './types.js';

type Fields = Readonly<Record<string, unknown>>;

/** Where a run stands and what it is. */
interface Run {
  readonly runId: string;
  readonly parentRunId: string | undefined;
  readonly kind: string;
  readonly agentId?: string | undefined;
  readonly named?: Fields | undefined;
  readonly metadata?: unknown;
  readonly data?: Fields | undefined;
}

/** When a streaming model's run began, and when its first token came. */
interface Stream {
  readonly began: number;
  firstToken: number | undefined;
}

/** Turns the callbacks of LangChain's runs into events. Its methods may throw: the handler guards them. */
export class Runs {
  readonly options: CompiledOptions;
  readonly emitter: Emitter;
  readonly #operations: Operations;
  readonly #streams = new Map<string, Stream>();

  constructor(options: AdapterOptions) {
    this.options = compileOptions(options);
    this.emitter = createEmitter('LangChain', this.options);
    this.#operations = new Operations(this.emitter, this.options.maxOpenOperations);
  }

  beginChain(start: ChainStart): void {
    const chain = chainStartOf(start, (id) => this.#operations.find(id) !== undefined);
    const { runId, parentRunId, metadata, name } = chain;
    const above = this.#operations.find(parentRunId);
    if (chain.isHidden && above !== undefined) {
      this.#operations.passOver(runId, above);
      return;
    }
    if (chain.isAgent || above === undefined) {
      const agentId = above === undefined ? (this.options.agentId ?? name) : name;
      const named = chain.isAgent
        ? { 'gen_ai.agent.name': name }
        : { 'gen_ai.operation.name': 'invoke_workflow', 'gen_ai.workflow.name': name };
      this.#begin({ runId, parentRunId, kind: 'agent_loop', agentId, named, metadata });
      return;
    }
    const isNode = chain.tags.some((tag) => typeof tag === 'string' && tag.startsWith('graph:step:'));
    const data = isNode ? { langgraph_step: metadata.langgraph_step } : {};
    this.#begin({ runId, parentRunId, kind: 'chain', named: { name }, metadata, data });
  }

  beginModel(operation: 'chat' | 'text_completion', start: RunStart<unknown, 'model'>): void {
    const [llm, input, runId, parentRunId, extraParams, , metadata] = start;
    const request = modelRequest(llm, extraParams, metadata);
    this.#rememberStart(runId);
    this.#begin({
      runId,
      parentRunId,
      kind: 'llm_call',
      named: present({ model: request.model }),
      metadata,
      data: { ...request, 'gen_ai.operation.name': operation, ...inputContent(input, this.options) },
    });
  }

  noteToken(runId: string): void {
    const stream = this.#streams.get(runId);
    if (stream !== undefined) stream.firstToken ??= nowSeconds();
  }

  endModel(output: unknown, runId: string): void {
    const stream = this.#streams.get(runId);
    this.#streams.delete(runId);
    const seconds =
      stream?.firstToken === undefined
        ? undefined
        : Math.max(0, Number((stream.firstToken - stream.began).toFixed(6)));
    this.#operations.end(runId, {
      data: { ...modelAnswer(output, seconds), ...outputContent(output, this.options) },
      result: succeeded,
    });
  }

  beginTool(start: RunStart<string, 'tool'>): void {
    const [tool, input, runId, parentRunId, , metadata, runName, toolCallId] = start;
    this.#begin({
      runId,
      parentRunId,
      kind: 'tool_use',
      named: present({ tool_name: firstText(runName, recordOf(tool).name, classNameOf(tool)) }),
      metadata,
      data: {
        'gen_ai.tool.type': 'function',
        'gen_ai.tool.call.id': textOf(toolCallId),
        ...this.#content('gen_ai.tool.call.arguments', parsedIfJson(input)),
      },
    });
  }

  /** A tool's message may say that it failed, where the graph has caught what was thrown. */
  endTool(output: unknown, runId: string): void {
    const { status, content, tool_call_id: callId } = recordOf(output);
    const value = content === undefined || callId === undefined ? output : parsedIfJson(content);
    this.#operations.end(runId, {
      data: this.#content('gen_ai.tool.call.result', value),
      result: status === 'error' ? { success: false, error: 'the tool answered with an error' } : succeeded,
    });
  }

  beginRetriever(start: RunStart<string, 'tool'>): void {
    const [retriever, query, runId, parentRunId, , metadata, runName] = start;
    this.#begin({
      runId,
      parentRunId,
      kind: 'memory_read',
      named: present({ name: firstText(runName, classNameOf(retriever)) }),
      metadata,
      data: { 'gen_ai.operation.name': 'retrieval', ...this.#content('gen_ai.retrieval.query.text', query) },
    });
  }

  endRetriever(documents: unknown, runId: string): void {
    const found = listOf(documents).map((each) => ({
      id: recordOf(each).id,
      content: recordOf(each).pageContent,
    }));
    this.#operations.end(runId, {
      data: { document_count: found.length, ...this.#content('gen_ai.retrieval.documents', found) },
      result: succeeded,
    });
  }

  endChain(runId: string): void {
    this.#operations.end(runId, { result: succeeded });
  }

  fail(thrown: unknown, runId: string): void {
    this.#streams.delete(runId);
    if (isControlFlow(thrown)) this.#operations.end(runId, { data: { interrupted: true } });
    else this.#operations.end(runId, { result: failedWith(thrown) });
  }

  /** A point in time within a run. */
  happen(eventType: string, runId: string, telling: Telling): void {
    const above = this.#operations.find(runId) ?? this.#unknown(runId);
    this.#operations.happen(
      eventType,
      { agentId: above.agentId, traceId: above.traceId, parentCallId: textOf(above.callId) },
      telling,
    );
  }

  /** One field of content, where it is asked for; text stays text. */
  #content(key: string, value: unknown): Fields {
    const { captureContent, maxContentLength } = this.options;
    if (!captureContent || value === undefined) return {};
    return {
      [key]:
        typeof value === 'string' ? value.slice(0, maxContentLength) : boundedJson(value, maxContentLength),
    };
  }

  content(value: unknown): Fields {
    return this.#content('content', value);
  }

  #rememberStart(runId: string): void {
    this.#streams.set(runId, { began: nowSeconds(), firstToken: undefined });
    for (const oldest of this.#streams.keys()) {
      if (this.#streams.size <= this.options.maxOpenOperations) return;
      this.#streams.delete(oldest);
    }
  }

  /** What stands in for a run that began before the handler was there: its siblings share its trace. */
  #unknown(runId: string | undefined): Operation {
    const outer = this.options.within();
    return {
      kind: 'chain',
      agentId: this.options.agentId ?? 'langchain',
      traceId:
        outer?.traceId ?? (runId === undefined ? freshTraceId() : (hexOf(runId) ?? runId.slice(0, 256))),
      callId: outer?.callId ?? '',
      parentCallId: undefined,
      named: {},
      inherited: {},
    };
  }

  #begin({ runId, parentRunId, kind, agentId, named, metadata, data }: Run): void {
    const above = this.#operations.find(parentRunId) ?? this.#unknown(parentRunId ?? runId);
    const conversation = conversationOf(recordOf(metadata));
    const operation: Operation = {
      kind,
      agentId: agentId?.slice(0, 256) ?? above.agentId,
      traceId: above.traceId,
      callId: runId,
      parentCallId: textOf(above.callId),
      named: named ?? {},
      inherited: present({
        'gen_ai.conversation.id': conversation ?? above.inherited['gen_ai.conversation.id'],
      }),
    };
    this.#operations.begin(runId, operation, { data });
  }
}
