import type { TracingManagerOptions } from './options.js';
import { OtlpSender } from './otlp-sender.js';
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
    return new OtlpSender({ ...plan.client, resourceAttributes: plan.resourceAttributes });
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
