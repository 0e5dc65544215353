import { Controller, Get, HttpException, Module, Param } from '@nestjs/common';
import { describe, expect, it } from '@jest/globals';
import { createLogger, createMetrics, OperationsModule, startHttp } from './index.js';

const logger = createLogger({
  service: 'test',
  level: 'silent',
  format: 'json',
  sink: { write: () => undefined },
});

@Controller('answer')
class AnswerController {
  @Get(':status')
  answer(@Param('status') status: string): string {
    if (status !== '200') throw new HttpException('as asked', Number(status));
    return 'fine';
  }
}

const start = () => {
  const operations = OperationsModule.forRoot({
    prefix: 'kaizen_test',
    metrics: createMetrics({ service: 'test', process: false }),
    indicators: [],
  });
  @Module({ imports: [operations], controllers: [AnswerController] })
  class Root {}
  return startHttp({
    module: Root,
    host: '127.0.0.1',
    port: 0,
    variable: 'X',
    logger,
    configure: (app) => {
      const fastify = app.getHttpAdapter().getInstance();
      fastify.addHook('onRequest', (request, reply, done) => {
        if (request.headers['x-key'] === 'none') void reply.code(401).send({});
        else done();
      });
    },
  });
};

describe('requests that are denied', () => {
  it('are counted by status, whoever denied them, from nothing on; others are not', async () => {
    const server = await start();
    const denied = async () => {
      const text = await (await fetch(`${server.url}/metrics`)).text();
      const counts = [401, 403, 429].map((status) =>
        new RegExp(
          `^kaizen_test_denied_requests_total\\{status="${status}",service="test"\\} (\\d+)$`,
          'm',
        ).exec(text),
      );
      return counts.map((found) => found?.[1]);
    };
    try {
      expect(await denied()).toEqual(['0', '0', '0']);
      for (const status of [200, 400, 403, 404, 429, 429, 500, 503])
        await (await fetch(`${server.url}/answer/${status}`)).text();
      for (const path of ['/answer/200', '/no-such-route', '/metrics'])
        await (await fetch(`${server.url}${path}`, { headers: { 'x-key': 'none' } })).text();
      expect(await denied()).toEqual(['3', '1', '2']);
    } finally {
      await server.close();
    }
  });
});
