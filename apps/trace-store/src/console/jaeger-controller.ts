import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Forwarding } from '../forwarding/forward.js';

/** The token of where Jaeger's query API is passed on to. */
export const jaegerForwarding = Symbol('jaegerForwarding');

/** Jaeger's query API, answered by another; reading is all that there is. */
@Controller('api')
export class JaegerController {
  readonly #jaeger: Forwarding;

  constructor(@Inject(jaegerForwarding) jaeger: Forwarding) {
    this.#jaeger = jaeger;
  }

  @Get([
    'services',
    'services/:service/operations',
    'operations',
    'traces',
    'traces/:traceId',
    'dependencies',
  ])
  pass(@Req() request: FastifyRequest, @Res() reply: FastifyReply): void {
    this.#jaeger.forward(request, reply);
  }
}
