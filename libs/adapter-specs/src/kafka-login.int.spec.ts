import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
import { describeReal, ownKafka, scanEverything, selfSigned, type OwnKafka } from '@kaizen-trace/testkit';

const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_kaizen="right";';

await describeReal('a Kafka that speaks TLS and asks for a login', ['kafka'], () => {
  const own = selfSigned('kafka');
  const sockets = new Set<Socket>();
  let folder: string;
  let door: Server;
  let kafka: OwnKafka;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-login-'));
    const [keystore, truststore] = [join(folder, 'keystore.pem'), join(folder, 'ca.pem')];
    await writeFile(keystore, own.key + own.certificate);
    await writeFile(truststore, own.certificate);
    // The broker sends its clients here, and what they say goes on to it as it is.
    door = createServer((inner) => {
      const outer = connect(kafka.clientPort, '127.0.0.1');
      for (const [one, other] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        sockets.add(one);
        one.on('error', () => other.destroy());
        one.on('close', () => sockets.delete(one));
        one.pipe(other);
      }
    });
    await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
    kafka = await ownKafka({
      advertisedPort: (door.address() as AddressInfo).port,
      properties: {
        'listener.security.protocol.map': 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CLIENTS:SASL_SSL',
        'listener.name.clients.sasl.enabled.mechanisms': 'PLAIN',
        'listener.name.clients.plain.sasl.jaas.config': login,
        'ssl.keystore.type': 'PEM',
        'ssl.keystore.location': keystore,
        'ssl.truststore.type': 'PEM',
        'ssl.truststore.location': truststore,
      },
    });
  }, 120_000);

  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => door.close(resolve));
    await kafka.stop();
    await rm(folder, { recursive: true, force: true });
  }, 60_000);

  /** Settings come frozen, all the way down. */
  const open = (password: string, ca = own.certificate) =>
    openKafkaLog({
      brokers: [`localhost:${(door.address() as AddressInfo).port}`],
      topicPrefix: `login-${randomUUID()}.`,
      partitions: 1,
      sasl: Object.freeze({ mechanism: 'plain', username: 'kaizen', password } as const),
      ssl: Object.freeze({ ca }),
    });

  it('takes and gives events', async () => {
    const log = await open('right');
    try {
      const value = Buffer.from('an event');
      expect(await log.events.append([{ key: Buffer.from('trace'), value }])).toEqual({ type: 'appended' });
      const [found] = await scanEverything(log.events);
      expect(Buffer.from(found?.value ?? []).toString()).toBe('an event');
    } finally {
      await log.close();
    }
  }, 60_000);

  it('is not reached with a wrong password, which no error shows', async () => {
    const failure = await open('wrong-secret').then(
      async (log) => {
        await log.close();
        return '';
      },
      (error: unknown) => String(error),
    );
    expect(failure).toMatch(/authentication/i);
    expect(failure).not.toContain('wrong-secret');
  }, 60_000);

  it('is not reached where another authority signed its certificate', async () => {
    await expect(open('right', selfSigned('other').certificate)).rejects.toThrow(/certificate/i);
  }, 60_000);
});
