import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openAssembler, type Assembler } from '@kaizen-trace/assembler-runtime';
import {
  deadLetterHeaders,
  offset,
  partitionOf,
  type LogConnection,
  type LogRecord,
} from '@kaizen-trace/ports';
import { acceptSpans, startOtlpBackend, type OtlpAnswer } from '@kaizen-trace/testkit';
import { openRedriveBackend } from '../api/open-backend.js';
import type { SendSpans } from '../api/dead-letters/redrive.js';
import type { Gateway } from '../open-gateway.js';
import {
  broken,
  bytes,
  everyEvent,
  get,
  hex,
  list,
  openApi,
  patienceMs,
  post,
  type LetterLog,
  type ListedLetter,
} from './letters.js';

/** Refuses one span for good: an `ExportTraceServiceResponse` whose partial success has `rejected_spans` 1. */
const refuseOne: OtlpAnswer = (_call, callback) => {
  callback(null, Buffer.from([0x0a, 2, 0x08, 1]));
};

/** The operating API's dead letters, on any log. */
export const describeDeadLetterApi = (name: string, open: () => Promise<LetterLog>): void => {
  describe(name, () => {
    let place: LetterLog;
    let log: LogConnection;
    let group: string;
    let assembler: Assembler;
    let gateway: Gateway;
    const closers: (() => Promise<unknown>)[] = [];

    const connect = async (): Promise<LogConnection> => {
      const connection = await place.connect();
      closers.push(() => connection.close());
      return connection;
    };
    const api = async (connection: LogConnection, sendSpans?: SendSpans): Promise<Gateway> => {
      const opened = await openApi(connection, group, sendSpans);
      closers.push(() => opened.close());
      return opened;
    };
    const assemble = async (): Promise<Assembler> => {
      const opened = await openAssembler({
        log: (await connect()).assemblers({ group, sessionTimeoutMs: 6_000 }),
        owner: { group, topic: `${place.prefix}hook-events` },
        settings: defaultSettings,
      });
      closers.push(() => opened.close());
      return opened;
    };
    const untilLetters = async (count: number): Promise<readonly ListedLetter[]> => {
      const deadline = Date.now() + patienceMs;
      for (;;) {
        const letters = await list(gateway);
        if (letters.length >= count || Date.now() > deadline) return letters;
        await sleep(50);
      }
    };

    beforeEach(async () => {
      place = await open();
      group = `${place.prefix}letters-assembler`;
      log = await connect();
      gateway = await api(log);
      assembler = await assemble();
      await log.events.append([0, 1, 2, 3, 4].map(broken));
      await untilLetters(5);
    }, 60_000);

    afterEach(async () => {
      for (const close of closers.splice(0).reverse()) await close();
      await place.dispose();
    }, 60_000);

    it('lists each letter once, newest first, however small the pages', async () => {
      await log.events.append([{ key: bytes('last'), value: bytes('{}') }]);
      const letters = await untilLetters(6);
      expect(letters).toHaveLength(6);
      expect(letters[0]).toMatchObject({ key: 'last', stage: 'decode', redriven: false, value_bytes: 2 });
      expect(await list(gateway, 'limit=1')).toEqual(letters);
      expect(await list(gateway, 'limit=4')).toEqual(letters);
    }, 60_000);

    it('filters by stage, error class, source and time', async () => {
      const [newest] = await list(gateway);
      const {
        source,
        died_at: diedAt,
        error_class: error,
      } = newest as unknown as {
        readonly source: { readonly topic: string; readonly partition: string };
        readonly died_at: string;
        readonly error_class: string;
      };
      const counted = async (query: string): Promise<number> => (await list(gateway, query)).length;
      expect(await counted('stage=decode')).toBe(5);
      expect(await counted('stage=export')).toBe(0);
      expect(await counted(`error_class=${error}&topic=${source.topic}`)).toBe(5);
      expect(await counted('topic=other')).toBe(0);
      const there = [0, 1, 2, 3, 4].filter(
        (n) => partitionOf(bytes(`trace-${n}`), 3) === Number(source.partition),
      );
      expect(await counted(`partition=${source.partition}`)).toBe(there.length);
      const after = new Date(Date.parse(diedAt) + 1).toISOString();
      expect(await counted(`from=${after}`)).toBe(0);
      expect(await counted(`to=${after}`)).toBe(5);
      expect(await get(gateway, '/api/dead-letters?stgae=decode')).toBe(400);
      expect(await get(gateway, '/api/dead-letters?from=yesterday')).toBe(400);
    }, 60_000);

    it('shows the original key, bytes and headers, and what they may mean', async () => {
      const letter = (await list(gateway)).find(({ key }) => key === 'trace-3');
      const shown = await get(gateway, `/api/dead-letters/${letter?.partition}/${letter?.offset}`);
      expect(shown).toMatchObject({
        letter,
        key: { text: 'trace-3', hex: hex(bytes('trace-3')) },
        value: { hex: hex(broken(3).value) },
        decoded: { type: 'json', json: { n: 3 } },
      });
      const { headers } = shown as {
        readonly headers: readonly { readonly name: string; readonly text: string }[];
      };
      expect(headers[0]).toMatchObject({ name: 'from', text: 'agent-3' });
      expect(await get(gateway, '/api/dead-letters/0/999999')).toBe(404);
      expect(await get(gateway, '/api/dead-letters/99/0')).toBe(404);
    }, 60_000);

    it('brings each back to where it was, once, also by another process and after a restart', async () => {
      await assembler.close();
      const [, dry] = await post(gateway, { dry_run: true });
      expect(dry.redriven.events).toBe(5);
      expect(await everyEvent(log)).toHaveLength(5);
      expect(await post(gateway, { stage: 'decode', limit: 2 })).toMatchObject([
        200,
        { redriven: { events: 2 }, more: true },
      ]);
      const restarted = await api(await connect());
      expect(await post(restarted, {})).toMatchObject([
        200,
        { redriven: { events: 3 }, done_before: 2, more: false },
      ]);
      expect(await post(gateway, {})).toMatchObject([200, { redriven: { events: 0 }, done_before: 5 }]);
      const records = (await everyEvent(log)).filter(([, { headers }]) => headers.length > 1);
      const shape = ([partition, { key, value, headers }]: readonly [number, LogRecord]) => [
        partition,
        hex(key),
        hex(value),
        headers.map(([header]) => header),
      ];
      const expected = [0, 1, 2, 3, 4].map((n) => {
        const { key, value } = broken(n);
        return [partitionOf(key, 3), hex(key), hex(value), ['from', 'kaizen-redriven-from']];
      });
      expect(records.map(shape)).toEqual(expect.arrayContaining(expected));
      expect(records).toHaveLength(5);
      expect((await list(gateway)).map(({ redriven }) => redriven)).toEqual(Array(5).fill(true));
      expect(await list(gateway, 'redriven=false')).toEqual([]);
    }, 60_000);

    it('brings a letter back once more only where that is asked for', async () => {
      await assembler.close();
      const [letter] = await list(gateway);
      const letters = [`${letter?.partition}/${letter?.offset}`];
      expect(await post(gateway, { letters })).toMatchObject([200, { redriven: { events: 1 } }]);
      expect(await post(gateway, { letters })).toMatchObject([
        200,
        { redriven: { events: 0 }, done_before: 1 },
      ]);
      expect(await post(gateway, { letters, again: true })).toMatchObject([200, { redriven: { events: 1 } }]);
      expect(await everyEvent(log)).toHaveLength(7);
    }, 60_000);

    it('brings each back once where two do it at the same time', async () => {
      await assembler.close();
      const other = await api(await connect());
      const answers = await Promise.all([post(gateway, {}), post(other, {})]);
      // The one that was fenced says so; whoever asks again finds the rest done or does it.
      for (const [code, report] of answers) expect(report.failure === null).toBe(code === 200);
      await post(gateway, {});
      const back = (await everyEvent(log)).filter(([, { headers }]) => headers.length > 1);
      expect(new Set(back.map(([, { key }]) => hex(key))).size).toBe(5);
      expect(back).toHaveLength(5);
    }, 60_000);

    it('knows an event that died again as a new letter, which says where it was', async () => {
      const [letter] = await list(gateway);
      await post(gateway, { letters: [`${letter?.partition}/${letter?.offset}`] });
      const [again] = await untilLetters(6);
      expect(again).toMatchObject({
        redriven: false,
        redriven_from: `${letter?.partition}/${letter?.offset}`,
      });
    }, 60_000);

    it('sends spans that the backend refused to it again, never to the span log, and marks them when it has them', async () => {
      const request = bytes('no spans, but the very bytes');
      const reason = {
        topic: `${place.prefix}spans`,
        partition: 1,
        offset: offset(7n),
        stage: 'export',
      } as const;
      const value = { key: null, value: request };
      const headers = deadLetterHeaders({ ...reason, errorClass: 'INVALID_ARGUMENT', message: 'no' });
      const exported = Promise.withResolvers<undefined>();
      const member = await log.spans({ group: `${group}-export` }).join(async (partition) => {
        if (partition.partition !== 1) return;
        await partition.acknowledge({
          nextOffset: partition.bounds.start,
          deadLetters: [{ ...value, headers }],
        });
        exported.resolve(undefined);
      });
      await exported.promise;
      await member.leave();
      const wanted = { stage: 'export' };
      expect(await post(gateway, wanted)).toMatchObject([200, { refused: 1, redriven: { spans: 0 } }]);
      let answer = refuseOne;
      const backend = await startOtlpBackend((call, callback) => {
        answer(call, callback);
      });
      const way = openRedriveBackend({ endpoint: backend.endpoint, insecure: true });
      closers.push(
        () => way.close(),
        () => {
          backend.stop();
          return Promise.resolve();
        },
      );
      const sending = await api(log, way.send);
      expect(await post(sending, wanted)).toMatchObject([200, { refused: 1, redriven: { spans: 0 } }]);
      answer = acceptSpans;
      expect(await post(sending, wanted)).toMatchObject([200, { refused: 0, redriven: { spans: 1 } }]);
      expect(await post(sending, wanted)).toMatchObject([200, { done_before: 1, redriven: { spans: 0 } }]);
      expect(backend.requests.map(hex)).toEqual([hex(request), hex(request)]);
      expect(await log.spans({ group }).bounds(1)).toMatchObject({ start: 0n, end: 0n });
    }, 60_000);

    it('takes no order from another site’s page, and no order that it does not understand', async () => {
      expect((await post(gateway, {}, 'text/plain'))[0]).toBe(415);
      expect((await post(gateway, []))[0]).toBe(400);
      expect((await post(gateway, { stgae: 'decode' }))[0]).toBe(400);
      expect((await post(gateway, { letters: ['3'] }))[0]).toBe(400);
      expect((await list(gateway, 'redriven=true')).length).toBe(0);
    }, 60_000);
  });
};
