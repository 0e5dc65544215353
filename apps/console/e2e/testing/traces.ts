import { createHash } from 'node:crypto';
import type { Page } from 'playwright-core';
import { largeTrace, publish } from './large-trace.js';
import type { Shown } from './stage.js';

/** The id under which the trace of these events is stored. */
export const otelIdOf = (traceId: string): string =>
  createHash('sha256').update(traceId).digest('hex').slice(0, 32);

/** Publishes a trace of so many operations, and waits until all of its spans can be asked for. */
export const publishTrace = async (
  stage: Shown,
  {
    traceId,
    operations,
    service = 'code-migration',
  }: { traceId: string; operations: number; service?: string },
): Promise<string> => {
  const start = Date.now() / 1_000 - 7_200;
  await publish(stage.gateway, largeTrace({ traceId, service, operations, start }), stage.key);
  const id = otelIdOf(traceId);
  await untilSpans(stage, id, 2 * operations);
  return id;
};

/** Waits until a trace has so many spans. */
export const untilSpans = async ({ url }: Shown, id: string, spans: number): Promise<void> => {
  for (const deadline = Date.now() + 60_000; ;) {
    const response = await fetch(`${url}/api/traces/${id}`);
    const text = await response.text();
    if (response.ok && text.split('"operationName"').length - 1 >= spans) return;
    if (Date.now() > deadline) throw new Error(`trace ${id} did not come to have ${String(spans)} spans`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
};

/** Waits until all spans of a trace are there. */
export const untilComplete = (page: Page): Promise<unknown> =>
  page.waitForFunction(() => {
    const facts = document.querySelector('.trace-facts');
    return facts !== null && facts.querySelector('[role=status]') === null;
  });
