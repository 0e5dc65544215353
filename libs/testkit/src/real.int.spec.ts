import { expect, it } from '@jest/globals';
import { createConnection } from 'node:net';
import { describeReal, queryJaeger } from './index.js';

const connects = (address: string): Promise<boolean> =>
  new Promise((resolve) => {
    const [host = '', port = ''] = address.split(':');
    const socket = createConnection({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

await describeReal('the real broker', ['kafka'], (real) => {
  it('accepts connections at the address it gives', async () => {
    expect(await connects(real.kafka.brokers[0] ?? '')).toBe(true);
  });
});

await describeReal('the real Jaeger', ['jaeger'], (real) => {
  it('answers its query API and accepts OTLP connections', async () => {
    const query = queryJaeger(real.jaeger.queryUrl);
    expect(Array.isArray(await query.services())).toBe(true);
    expect(await query.trace('00000000000000000000000000000001')).toBeUndefined();
    expect(await connects(real.jaeger.otlpEndpoint)).toBe(true);
  });
});
