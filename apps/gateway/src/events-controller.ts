import { Controller, Inject, Post, Req, Res } from '@nestjs/common';
import { unreachable } from '@kaizen-trace/contracts';
import type { Logger } from '@kaizen-trace/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { grantOf } from './admission/guard.js';
import { answerOf } from './answer.js';
import { drain } from './drain.js';
import type { GatewayMetrics } from './gateway-metrics.js';
import { ingest, type IngestOptions, type IngestOutcome, type IngestRequest } from './ingest/ingest.js';

/** What the controller works with. */
export interface IngestParts {
  readonly ingest: Omit<IngestOptions, 'observe' | 'services'>;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

/** The token under which Nest finds the {@link IngestParts}. */
export const ingestParts = Symbol('ingestParts');

const announcedLength = (request: FastifyRequest): number | undefined => {
  const header = request.headers['content-length'];
  return header === undefined ? undefined : Number(header);
};

const requestOf = (request: FastifyRequest, reply: FastifyReply): IngestRequest => ({
  contentType: request.headers['content-type'],
  contentEncoding: request.headers['content-encoding'],
  contentLength: announcedLength(request),
  body: request.raw,
  beforeReading() {
    if (request.headers.expect !== undefined) reply.raw.writeContinue();
  },
});

/** `POST /v1/events`. */
@Controller('v1')
export class EventsController {
  readonly #parts: IngestParts;

  constructor(@Inject(ingestParts) parts: IngestParts) {
    this.#parts = parts;
  }

  /** Answers when the events are durable, or with why they are not. */
  @Post('events')
  async take(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const { metrics } = this.#parts;
    const grant = grantOf(request);
    const outcome = await ingest(requestOf(request, reply), {
      ...this.#parts.ingest,
      services: grant?.services,
      observe({ bytes, rejected }) {
        grant?.spend(bytes);
        metrics.bodyBytes(bytes);
        metrics.rejections(rejected);
      },
    });
    this.#count(outcome);
    const answer = answerOf(outcome);
    if (answer === undefined) {
      reply.hijack();
      request.raw.destroy();
      metrics.request(499, reply.elapsedTime / 1_000);
      return;
    }
    metrics.request(answer.status, reply.elapsedTime / 1_000);
    await reply.code(answer.status).headers(answer.headers).send(answer.body);
    drain(request.raw);
  }

  #count(outcome: IngestOutcome): void {
    const { metrics, logger } = this.#parts;
    switch (outcome.type) {
      case 'accepted':
      case 'refused':
      case 'out-of-scope':
        metrics.events('accepted', outcome.report.accepted);
        metrics.events('rejected', outcome.report.rejectedTotal ?? outcome.report.rejected.length);
        return;
      case 'unavailable':
        logger.warn({ err: outcome.cause }, 'the event log took nothing');
        return;
      case 'unsupported':
      case 'too-large':
      case 'busy':
      case 'aborted':
        return;
      default:
        unreachable(outcome);
    }
  }
}
