/**
 * What the adapter reads of LangChain.js, as structure alone: its own types fit, and nothing of it is imported.
 */
type Metadata = Readonly<Record<string, unknown>>;
type Tags = readonly string[];

/** A chain's start. The parent's id comes fourth or eighth, by release; see `chainStartOf`. */
export type ChainStart = readonly [
  chain: unknown,
  inputs: unknown,
  runId: string,
  ...rest: readonly unknown[],
];

/** The start of a model's or a tool's run. */
export type RunStart<Subject, Last> = readonly [
  subject: unknown,
  input: Subject,
  runId: string,
  parentRunId?: string,
  ...rest: Last extends 'tool'
    ? [tags?: Tags, metadata?: Metadata, runName?: string, toolCallId?: string]
    : [extraParams?: Metadata, tags?: Tags, metadata?: Metadata, runName?: string],
];

/** What happened in a run: its value, and which run it was. */
export type RunEvent<Value> = readonly [value: Value, runId: string, parentRunId?: string, tags?: Tags];

/** A callback handler as LangChain.js takes it in `callbacks`. */
export interface LangChainHandler {
  readonly name: string;
  /** Its callbacks return at once; waiting for them keeps them in order. */
  readonly awaitHandlers: boolean;
  readonly raiseError: boolean;
  readonly ignoreLLM: boolean;
  readonly ignoreChain: boolean;
  readonly ignoreAgent: boolean;
  readonly ignoreRetriever: boolean;
  readonly ignoreCustomEvent: boolean;
  handleLLMStart(...start: RunStart<string[], 'model'>): void;
  handleChatModelStart(...start: RunStart<readonly (readonly unknown[])[], 'model'>): void;
  handleLLMNewToken(token: string, index: unknown, runId: string): void;
  handleChatModelStreamEvent(...event: RunEvent<unknown>): void;
  handleLLMEnd(...end: RunEvent<unknown>): void;
  handleLLMError(...end: RunEvent<unknown>): void;
  handleChainStart(...start: ChainStart): void;
  handleChainEnd(...end: RunEvent<unknown>): void;
  handleChainError(...end: RunEvent<unknown>): void;
  handleToolStart(...start: RunStart<string, 'tool'>): void;
  handleToolEnd(...end: RunEvent<unknown>): void;
  handleToolError(...end: RunEvent<unknown>): void;
  handleRetrieverStart(...start: RunStart<string, 'tool'>): void;
  handleRetrieverEnd(...end: RunEvent<unknown>): void;
  handleRetrieverError(...end: RunEvent<unknown>): void;
  handleAgentAction(...event: RunEvent<unknown>): void;
  handleAgentEnd(...event: RunEvent<unknown>): void;
  handleCustomEvent(name: string, data: unknown, runId: string): void;
}
