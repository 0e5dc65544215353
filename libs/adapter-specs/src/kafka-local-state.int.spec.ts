import { open, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ConfigResourceTypes, Kafka, logLevel, type Admin } from 'kafkajs';
import { StateDirectoryError, topicPlans } from '@kaizen-trace/adapter-kafka';
import { describeReal, eventually } from '@kaizen-trace/testkit';
import {
  commit,
  entry,
  LocalStateScene,
  patienceMs,
  record,
  textsOf,
  type Mark,
} from './testing/local-state-scene.js';

/** What {@link LocalStateScene.leave} has committed. */
const truth = ['partition=2', 't:a=1', 't:b=2'];

await describeReal('state on this machine with Kafka', ['kafka'], ({ kafka }) => {
  let admin: Admin;
  let scene: LocalStateScene;
  beforeAll(async () => {
    admin = new Kafka({ brokers: [...kafka.brokers], logLevel: logLevel.NOTHING }).admin();
    await admin.connect();
  });
  afterAll(() => admin.disconnect());
  beforeEach(async () => {
    scene = await LocalStateScene.open(kafka.brokers);
  });
  afterEach(() => scene.close());

  it('is restored from the changelog where there is none, and says nothing of it', async () => {
    await scene.own(({ store, warnings }) => {
      expect(textsOf(store)).toEqual([]);
      expect(warnings).toEqual([]);
    });
    await scene.leave();
    await rm(scene.disk, { recursive: true });
    const { texts, warnings } = await scene.look();
    expect(texts).toEqual(truth);
    expect(warnings).toEqual([]);
  }, 60_000);

  it('is used again where it is intact: only what is new is read', async () => {
    await scene.leave();
    await scene.tamper(() => undefined);
    const { texts, warnings, read } = await scene.look();
    expect(texts).toEqual(['lie=x', ...truth]);
    expect(warnings).toEqual([]);
    // The last record, and the marker of its transaction.
    expect(read).toBe(2);
    await scene.own(async ({ owned, store }) => {
      expect(store.settled()).toBe(2n);
      await commit(owned, 3n, [entry('t:c', '3'), record(3)]);
    });
    expect((await scene.look()).texts).toEqual(['lie=x', 'partition=3', 't:a=1', 't:b=2', 't:c=3']);
  }, 60_000);

  it('reads on where it is behind, after a crash and after another machine had the partition', async () => {
    await scene.leave();
    const kill = new AbortController();
    await scene.own(
      async ({ owned }) => {
        await commit(owned, 3n, [entry('t:a', null), entry('t:c', '3'), record(3)]);
        kill.abort();
      },
      { kill },
    );
    await scene.own(({ owned }) => commit(owned, 4n, [entry('t:d', '4'), entry('t:c', null), record(4)]), {
      stateDirectory: join(scene.disk, 'other'),
    });
    const { texts, warnings, read } = await scene.look();
    expect(texts).toEqual(['partition=4', 't:b=2', 't:d=4']);
    expect(warnings).toEqual([]);
    expect(read).toBeLessThan(12);
  }, 90_000);

  it('is kept in a temporary directory where none is named', async () => {
    const before = await readdir(tmpdir());
    const isNew = (name: string): boolean => name.startsWith('kaizen-state-') && !before.includes(name);
    await scene.own(
      async ({ owned, store }) => {
        await commit(owned, 1n, [entry('t:a', '1'), record(1)]);
        expect((await readdir(tmpdir())).filter(isNew).length).toBeGreaterThanOrEqual(1);
        await eventually('it is settled', patienceMs, () => store.settled() === 1n);
        expect(textsOf(store)).toEqual(['partition=1', 't:a=1']);
      },
      { stateDirectory: null },
    );
    expect((await readdir(tmpdir())).filter(isNew)).toEqual([]);
  }, 60_000);

  it('that the owner distrusts is not there for the next', async () => {
    await scene.leave();
    await scene.tamper(() => undefined);
    await scene.own(({ store }) => expect(store.distrust()).toBe(true));
    expect((await scene.look()).texts).toEqual(truth);
  }, 60_000);

  it('refuses a directory that cannot be written, and names the variable', async () => {
    const file = join(scene.disk, 'a-file');
    await writeFile(file, 'x');
    const restoring = scene.own(() => undefined, { stateDirectory: file });
    await expect(restoring).rejects.toThrow(StateDirectoryError);
    await expect(restoring).rejects.toThrow(/ENOTDIR.*KAIZEN_STATE_DIR/);
  }, 60_000);

  it('is thrown away where the changelog was made anew', async () => {
    await scene.leave();
    await scene.tamper(() => undefined);
    const { topic } = scene;
    await admin.deleteTopics({ topics: [topic] });
    await eventually(
      'the topic is gone',
      patienceMs,
      async () => !(await admin.listTopics()).includes(topic),
    );
    const { settings } = topicPlans.find(({ name }) => name === 'assembler-state')!;
    const configEntries = Object.entries(settings).map(([name, value]) => ({ name, value }));
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, configEntries }] });
    const { texts, warnings } = await scene.look();
    expect(texts).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/not used: it is of topic id [0-9a-f]{32}, not [0-9a-f]{32}/),
    ]);
  }, 60_000);

  it('is thrown away where the changelog begins later', async () => {
    await scene.leave();
    await scene.tamper(() => undefined);
    const { topic } = scene;
    // A topic that is only compacted does not let its records be deleted.
    const configEntries = [{ name: 'cleanup.policy', value: 'compact,delete' }];
    const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries }];
    await admin.alterConfigs({ validateOnly: false, resources });
    const [end] = await admin.fetchTopicOffsets(topic);
    await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset: end!.high }] });
    const { texts, warnings } = await scene.look();
    expect(texts).toEqual([]);
    expect(warnings).toEqual([
      expect.stringMatching(/not used: it ends at 6, and the changelog begins at 8/),
    ]);
  }, 60_000);

  describe('is thrown away, with one line that says why,', () => {
    const day = 24 * 60 * 60 * 1000;
    const cases: readonly (readonly [string, (mark: Mark) => void, RegExp])[] = [
      [
        'where it is of another cluster',
        (mark) => (mark.identity.cluster = 'other'),
        /it is of cluster other, not/,
      ],
      [
        'where it is of another group',
        (mark) => (mark.identity.group = 'other'),
        /it is of group other, not/,
      ],
      [
        'where it is of another partition',
        (mark) => (mark.identity.partition = '7'),
        /it is of partition 7, not 0/,
      ],
      ['where it is of an older format', (mark) => (mark.identity.format = '0'), /it is of format 0, not 1/],
      [
        'where it is ahead of the changelog',
        (mark) => (mark.position = '99'),
        /it ends at 99, and the changelog before/,
      ],
      [
        'where it is too old',
        (mark) => (mark.asOf -= 4 * day),
        /more than half of delete.retention.ms \(604800000 ms\)/,
      ],
      ['where it is from the future', (mark) => (mark.asOf += day), /it is from the future/],
      // 0 to 2 and a marker, then 4 to 6 and a marker.
      ['where its last record is gone', (mark) => (mark.position = '7'), /its last record, at 7, is gone/],
    ];
    it.each(cases)(
      '%s',
      async (_, change, why) => {
        await scene.leave();
        await scene.tamper(change);
        const { texts, warnings } = await scene.look();
        expect(texts).toEqual(truth);
        expect(warnings).toEqual([expect.stringMatching(why)]);
        const again = await scene.look();
        expect(again).toEqual({ texts: truth, warnings: [], read: 2 });
      },
      60_000,
    );

    const damages: readonly (readonly [string, (path: string) => Promise<void>, RegExp])[] = [
      [
        'where its data file is cut off',
        (path) => truncate(join(path, 'data.mdb'), 8192),
        /has 8192 bytes of \d+/,
      ],
      ['where its size is garbage', (path) => writeFile(join(path, 'size'), 'garbage'), /size is unreadable/],
      [
        'where its data file begins with garbage',
        async (path) => {
          const file = await open(join(path, 'data.mdb'), 'r+');
          await file.write(Buffer.alloc(8192, 0x5a), 0, 8192, 0);
          await file.close();
        },
        /does not begin as one/,
      ],
    ];
    it.each(damages)(
      '%s',
      async (_, damage, why) => {
        await scene.leave();
        await damage(await scene.storeDirectory());
        const { texts, warnings } = await scene.look();
        expect(texts).toEqual(truth);
        expect(warnings).toEqual([expect.stringMatching(why)]);
      },
      60_000,
    );
  });
});
