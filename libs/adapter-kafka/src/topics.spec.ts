import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { settingsOf } from './options.js';
import { topicPlans } from './topics.js';

const infra = parse(readFileSync(new URL('../../../infra/kafka/topics.yaml', import.meta.url), 'utf8')) as {
  readonly prefix: string;
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly topics: readonly { readonly name: string; readonly settings: Record<string, unknown> }[];
};

describe('topics', () => {
  it('are the same in infra/kafka/topics.yaml as those that the services create', () => {
    const written = infra.topics.map(({ name, settings }) => ({
      name,
      settings: Object.fromEntries(Object.entries(settings).map(([key, value]) => [key, String(value)])),
    }));
    expect(written).toEqual(topicPlans);
    const { topicPrefix, partitions, replicationFactor } = settingsOf({ brokers: ['broker:9092'] });
    expect(infra).toMatchObject({ prefix: topicPrefix, partitions, replicationFactor });
  });

  it('are refused before any connection where an option makes no sense, by its name', () => {
    expect(() => settingsOf({ brokers: [] })).toThrow(/brokers/);
    expect(() => settingsOf({ brokers: ['broker'] })).toThrow(/host:port/);
    expect(() => settingsOf({ brokers: ['b:1'], partitions: 0 })).toThrow(/partitions/);
    expect(() => settingsOf({ brokers: ['b:1'], maxRecordBytes: 2_000_000 })).toThrow(/maxRecordBytes/);
  });
});
