import { Readable } from 'node:stream';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import type { Answer } from './answers.js';
import { parseQuery } from './go-parse.js';
import { QueryService } from './query-service.js';
import type { Form } from './trace-query.js';

/** What is used of Fastify's request. */
interface Request {
  /** Path and query as they came. */
  readonly url: string;
}

/** What is used of Fastify's reply. */
interface Reply {
  code(status: number): Reply;
  header(name: string, value: string): Reply;
  send(body: Buffer | Readable): Reply;
}

const send = (reply: Reply, { status, contentType, body }: Answer): void => {
  reply.code(status).header('content-type', contentType).header('x-content-type-options', 'nosniff');
  // Bytes, not text: Fastify would add a charset to the type of text.
  reply.send(typeof body === 'string' ? Buffer.from(body) : Readable.from(body));
};

const formOf = ({ url }: Request): Form => {
  const at = url.indexOf('?');
  return parseQuery(at < 0 ? '' : url.slice(at + 1));
};

/** A segment of the path, not decoded; the first is 0. */
const segment = ({ url }: Request, index: number): string =>
  url.split('?', 1)[0]!.split('/')[index + 1] ?? '';

/** Jaeger's HTTP JSON query API. */
@Controller('api')
export class QueryController {
  readonly #service: QueryService;

  constructor(@Inject(QueryService) service: QueryService) {
    this.#service = service;
  }

  @Get('services')
  services(@Res() reply: Reply): void {
    send(reply, this.#service.services());
  }

  @Get('services/:service/operations')
  operationNames(@Req() request: Request, @Res() reply: Reply): void {
    send(reply, this.#service.operationNames(segment(request, 2)));
  }

  @Get('operations')
  operations(@Req() request: Request, @Res() reply: Reply): void {
    send(reply, this.#service.operations(formOf(request)));
  }

  @Get('traces')
  traces(@Req() request: Request, @Res() reply: Reply): void {
    send(reply, this.#service.traces(formOf(request)));
  }

  @Get('traces/:traceId')
  trace(@Req() request: Request, @Res() reply: Reply): void {
    send(reply, this.#service.trace(segment(request, 2), formOf(request)));
  }

  @Get('dependencies')
  async dependencies(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    send(reply, await this.#service.dependencies(formOf(request)));
  }
}
