import { Controller, Inject, Post, Req, Res, type OnApplicationShutdown } from '@nestjs/common';
import type { Logger } from '@kaizen-trace/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { grantOf } from '../admission/guard.js';
import { drain } from '../drain.js';
import { openHookIntake } from './hook-intake.js';
import type { HookMetrics, HookOutcome } from './hook-metrics.js';
import type { HookQueue } from './hook-queue.js';

/** What the controller works with. */
export interface HooksParts {
  readonly intake: ReturnType<typeof openHookIntake>;
  readonly queue: HookQueue;
  readonly metrics: HookMetrics;
  readonly logger: Logger;
}

/** The token under which Nest finds the {@link HooksParts}. */
export const hooksParts = Symbol('hooksParts');

/** How long what waits may still be appended when the gateway stops. */
const closeTimeoutMs = 5_000;

/** What is said of a hook that could not be taken, once for each reason. */
const sayings: Readonly<Record<Exclude<HookOutcome, 'taken' | 'aborted'>, string>> = {
  'not-understood': 'a hook was not understood and passed over: is it one of Claude Code?',
  'too-large': 'a hook is over KAIZEN_MAX_BODY and was passed over',
  busy: 'a hook was passed over: more bytes are in flight than KAIZEN_MAX_IN_FLIGHT',
};

/** `POST /v1/hooks/claude-code`. */
@Controller('v1/hooks')
export class HooksController implements OnApplicationShutdown {
  readonly #parts: HooksParts;
  readonly #said = new Set<HookOutcome>();

  constructor(@Inject(hooksParts) parts: HooksParts) {
    this.#parts = parts;
  }

  /**
   * Answers 200 with an empty object, which decides nothing for the agent, whatever came and wherever the log is: the
   * agent must neither wait nor see an error.
   */
  @Post('claude-code')
  async take(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { intake, queue, metrics } = this.#parts;
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
    const { outcome, bytes, records } = await intake({
      contentType: request.headers['content-type'],
      contentEncoding: request.headers['content-encoding'],
      body: request.raw,
    });
    grantOf(request)?.spend(bytes);
    metrics.hook(outcome);
    this.#say(outcome);
    if (outcome === 'aborted') {
      reply.hijack();
      request.raw.destroy();
      return;
    }
    queue.add(records);
    await reply.code(200).header('content-type', 'application/json').send('{}');
    drain(request.raw);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.#parts.queue.close(closeTimeoutMs);
  }

  #say(outcome: HookOutcome): void {
    if (outcome === 'taken' || outcome === 'aborted' || this.#said.has(outcome)) return;
    this.#said.add(outcome);
    this.#parts.logger.warn(sayings[outcome]);
  }
}
