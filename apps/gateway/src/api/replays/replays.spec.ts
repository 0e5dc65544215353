import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { defaultSettings } from '@kaizen-trace/assembler-core';
import { openGatewayFixture, type GatewayFixture } from '../../testing/gateway-fixture.js';
import { openReplays, type Replays } from './replays.js';
import { readReplayRequest, type ReplayRequest } from './request.js';

let fixture: GatewayFixture;
let replays: Replays;
beforeEach(async () => {
  fixture = await openGatewayFixture();
  replays = openReplays({
    log: fixture.log,
    spans: fixture.log.spans({ group: 'export' }),
    owner: { group: 'assemble', topic: 'hook-events' },
    configured: defaultSettings,
    backend: undefined,
  });
});
afterEach(() => fixture.close());

const dryRun = (): ReplayRequest => {
  const reading = readReplayRequest('{"target":"dry-run"}', Date.now());
  if (reading.type === 'refused') throw new Error(reading.reason);
  return reading.request;
};

describe('the replays of a gateway', () => {
  it('begin none once the gateway stops, also where its range was being settled then', async () => {
    const beginning = replays.begin(dryRun());
    replays.close();
    expect(await beginning).toEqual({ type: 'busy', run: undefined });
    expect(await replays.begin(dryRun())).toEqual({ type: 'busy', run: undefined });
    expect(replays.all()).toEqual([]);
  });

  it('begin one at a time, also where two are asked for at once', async () => {
    const [first, second] = await Promise.all([replays.begin(dryRun()), replays.begin(dryRun())]);
    expect([first.type, second.type]).toEqual(['begun', 'busy']);
    await replays.all()[0]?.ended;
    expect(replays.all().map((run) => run.json().state)).toEqual(['done']);
  });
});
