import { checkClient } from './check-client.js';
import type { TracingManagerOptions } from './options.js';
import type { OtlpSenderOptions } from './otlp-sender.js';
import type { TracingPlan } from './plan.js';
import type { TellProblem } from './problems.js';
import type { SpanSender } from './sender.js';
import { exporterSender } from './sender.js';

const failing = (problem: string): SpanSender => ({
  send: (spans) => Promise.resolve({ exported: 0, failed: spans.length, problem }),
  hurry: () => undefined,
  close: () => Promise.resolve(),
});

/**
 * Sends over gRPC, which is loaded from now on, beside the agent: who sends elsewhere never loads it. Until it is there,
 * spans wait for it.
 */
const otlpSender = (options: OtlpSenderOptions): SpanSender => {
  let opened: SpanSender | undefined;
  const opening = (async (): Promise<SpanSender> => {
    try {
      const { OtlpSender } = await import('./otlp-sender.js');
      opened = new OtlpSender(options);
    } catch (error) {
      opened = failing(error instanceof Error ? error.message : 'gRPC cannot be loaded');
    }
    return opened;
  })();
  return {
    send: async (spans, deadline) => (opened ?? (await opening)).send(spans, deadline),
    hurry: (isHurried) => {
      if (opened === undefined) void opening.then((sender) => sender.hurry(isHurried));
      else opened.hurry(isHurried);
    },
    close: async () => (opened ?? (await opening)).close(),
  };
};

/**
 * Where the spans go by the plan. What the environment says that cannot be used is told, and the agent goes on without.
 *
 * @throws TypeError where headers, certificate or key that were given as options cannot be used.
 */
export const openSender = (
  options: TracingManagerOptions,
  plan: TracingPlan,
  tell: TellProblem,
): SpanSender => {
  if (options.exporter !== undefined) return exporterSender(options.exporter);
  try {
    checkClient(plan.client);
    return otlpSender({ ...plan.client, resourceAttributes: plan.resourceAttributes });
  } catch (error) {
    const problem = error instanceof Error ? error.message : 'the connection cannot be set up';
    const { headers, ca, certificate } = options;
    if (headers !== undefined || ca !== undefined || certificate !== undefined)
      throw new TypeError(
        `TracingManager: headers, ca, certificate or key cannot be used: ${problem}. Give PEM files and plain headers.`,
        { cause: error },
      );
    tell('connection', `no span can be exported: ${problem}. See the variables OTEL_EXPORTER_OTLP_*.`);
    return failing(problem);
  }
};
