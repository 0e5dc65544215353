import type { ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { Controller, Get, Inject, Req, Res } from '@nestjs/common';
import { indented } from './answers.js';
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
  readonly raw: ServerResponse;
}

const formOf = ({ url }: Request): Form => {
  const at = url.indexOf('?');
  return parseQuery(at < 0 ? '' : url.slice(at + 1));
};

/** Answers that are JSON come indented where `prettyPrint` is given and not `false`. */
const withLayout = (answer: Answer, request: Request): Answer => {
  const wanted = formOf(request).get('prettyPrint')?.[0] ?? '';
  if (wanted === '' || wanted === 'false' || answer.status !== 200) return answer;
  return { ...answer, body: indented(typeof answer.body === 'string' ? [answer.body] : answer.body) };
};

/** Cuts a client that takes nothing: what it waits for would stay in memory. Work that takes long is not its fault. */
const cutStuck = ({ raw }: Reply, stuckMs: number): void => {
  raw.setTimeout(stuckMs, () => {
    if (raw.writableNeedDrain || (raw.writableEnded && !raw.writableFinished)) raw.destroy();
  });
};

const send = (request: Request, reply: Reply, answer: Answer): void => {
  const { status, contentType, body } = withLayout(answer, request);
  reply.code(status).header('content-type', contentType).header('x-content-type-options', 'nosniff');
  // Bytes, not text: Fastify would add a charset to the type of text.
  reply.send(typeof body === 'string' ? Buffer.from(body) : Readable.from(body));
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
  services(@Req() request: Request, @Res() reply: Reply): void {
    send(request, reply, this.#service.services());
  }

  @Get('services/:service/operations')
  operationNames(@Req() request: Request, @Res() reply: Reply): void {
    send(request, reply, this.#service.operationNames(segment(request, 2)));
  }

  @Get('operations')
  operations(@Req() request: Request, @Res() reply: Reply): void {
    send(request, reply, this.#service.operations(formOf(request)));
  }

  @Get('traces')
  traces(@Req() request: Request, @Res() reply: Reply): void {
    cutStuck(reply, this.#service.stuckMs);
    send(request, reply, this.#service.traces(formOf(request)));
  }

  @Get('traces/:traceId')
  trace(@Req() request: Request, @Res() reply: Reply): void {
    cutStuck(reply, this.#service.stuckMs);
    send(request, reply, this.#service.trace(segment(request, 2), formOf(request)));
  }

  @Get('dependencies')
  async dependencies(@Req() request: Request, @Res() reply: Reply): Promise<void> {
    send(request, reply, await this.#service.dependencies(formOf(request)));
  }
}
