import type { ExportResult } from '@opentelemetry/core';
import { ExportResultCode } from '@opentelemetry/core';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';
import { HookResult } from '../hooks/hook-result.js';
import { isThenable } from '../is-thenable.js';

/** What became of a batch of spans. */
export interface SendOutcome {
  /** Those that the backend has. */
  readonly exported: number;
  /** Those that it has not and will not get. */
  readonly failed: number;
  /** Why, and what to do about it; where some failed. */
  readonly problem?: string;
}

/** Where finished spans go. */
export interface SpanSender {
  /** Never rejects. Ends at `deadline` at the latest, in milliseconds since the epoch. */
  readonly send: (spans: readonly ReadableSpan[], deadline: number) => Promise<SendOutcome>;
  /** Somebody waits for what is on its way: from now on, for as long as they wait, trying again is kept short. */
  readonly hurry: (isHurried: boolean) => void;
  /** Gives up what is on its way, and ends. Never rejects. Idempotent. */
  readonly close: () => Promise<void>;
}

const messageOf = (thrown: unknown): string => HookResult.failed(thrown).error ?? 'no error';

/** Never throws: it is called wherever the exporter pleases, where nobody would catch it. */
const outcomeOf = (result: ExportResult | undefined, count: number): SendOutcome => {
  const failed = (why: string): SendOutcome => ({ exported: 0, failed: count, problem: why });
  try {
    if (result?.code === ExportResultCode.SUCCESS) return { exported: count, failed: 0 };
    const why = result?.error === undefined ? 'it does not say why' : messageOf(result.error);
    return failed(`the exporter did not take the spans: ${why}`);
  } catch {
    return failed('the exporter answered what cannot be read');
  }
};

const exportBy = (exporter: SpanExporter, spans: readonly ReadableSpan[]): Promise<SendOutcome> =>
  new Promise((resolve, reject) => {
    const give: (batch: ReadableSpan[], done: (result?: ExportResult) => void) => unknown =
      exporter.export.bind(exporter);
    const returned = give([...spans], (result) => resolve(outcomeOf(result, spans.length)));
    // Of an async function; its rejection would be nobody's, and end the process.
    if (isThenable(returned)) returned.then(undefined, reject);
  });

/** One of OpenTelemetry's exporters as a sender: each batch is given to it once, and waited for until the deadline. */
export const exporterSender = (exporter: SpanExporter): SpanSender => {
  let closing: Promise<void> | undefined;
  return {
    async send(spans, deadline) {
      // The batch may have become full within a call of the agent: what the exporter does with it waits until that is over.
      await new Promise((resolve) => setImmediate(resolve));
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<SendOutcome>((resolve) => {
        const problem = 'the exporter did not answer in time';
        timer = setTimeout(
          () => resolve({ exported: 0, failed: spans.length, problem }),
          Math.max(0, deadline - Date.now()),
        );
      });
      try {
        return await Promise.race([exportBy(exporter, spans), late]);
      } catch (error) {
        return { exported: 0, failed: spans.length, problem: `the exporter threw: ${messageOf(error)}` };
      } finally {
        clearTimeout(timer);
      }
    },
    hurry() {
      // It decides by itself how often it tries.
    },
    close() {
      closing ??= (async () => {
        try {
          await exporter.shutdown();
        } catch {
          // There is nothing left to be done about it.
        }
      })();
      return closing;
    },
  };
};
