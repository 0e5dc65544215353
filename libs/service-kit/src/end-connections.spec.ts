import { once } from 'node:events';
import { Agent, request, type IncomingMessage } from 'node:http';
import { createConnection } from 'node:net';
import { Controller, Get, Module } from '@nestjs/common';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createLogger, startHttp, type HttpServer } from './index.js';

const signals: { asked?: () => void; answer?: () => void } = {};

@Controller()
class SlowController {
  @Get('slow')
  async slow(): Promise<string> {
    const answered = new Promise<void>((resolve) => (signals.answer = resolve));
    signals.asked?.();
    await answered;
    return 'x'.repeat(2_000_000);
  }
}
@Module({ controllers: [SlowController] })
class SlowModule {}

const start = (): Promise<HttpServer> =>
  startHttp({
    module: SlowModule,
    host: '127.0.0.1',
    port: 0,
    variable: 'KAIZEN_TEST_PORT',
    logger: createLogger({
      service: 'test',
      level: 'silent',
      format: 'json',
      sink: { write: () => undefined },
    }),
  });

const agents: Agent[] = [];
afterEach(() => {
  for (const agent of agents.splice(0)) agent.destroy();
});

/** Asks over a connection that is kept, as a gateway that polls does. */
const get = async (
  { url }: HttpServer,
  path: string,
): Promise<{ readonly size: number; readonly connection: string | undefined }> => {
  const agent = new Agent({ keepAlive: true });
  agents.push(agent);
  const message = request(url + path, { agent }).end();
  const [response] = (await once(message, 'response')) as [IncomingMessage];
  let size = 0;
  for await (const chunk of response) size += (chunk as Buffer).length;
  return { size, connection: response.headers.connection };
};

describe('a server that closes', () => {
  it('does not wait for a connection on which it was being asked, once that has its whole answer', async () => {
    const server = await start();
    const begun = new Promise<void>((resolve) => (signals.asked = resolve));
    const answered = get(server, '/slow');
    await begun;
    const from = performance.now();
    const closed = server.close();
    setTimeout(() => signals.answer?.(), 100);
    expect(await answered).toEqual({ size: 2_000_000, connection: 'close' });
    await closed;
    expect(performance.now() - from).toBeLessThan(1_500);
  });

  it('does not wait for connections on which nothing is asked, nor was ever', async () => {
    const server = await start();
    await get(server, '/nothing');
    const silent = createConnection(server.port, '127.0.0.1');
    await once(silent, 'connect');
    // The server hears of it a little later.
    await get(server, '/nothing');
    const ended = once(silent.resume(), 'close');
    const from = performance.now();
    await server.close();
    await ended;
    expect(performance.now() - from).toBeLessThan(1_500);
  });
});
