import { afterEach, describe, expect, it } from '@jest/globals';
import {
  anEvent,
  json,
  lines,
  ndjson,
  openGatewayFixture,
  send,
  type GatewayFixture,
} from './testing/gateway-fixture.js';

describe('redaction in the gateway', () => {
  let fixture: GatewayFixture | undefined;
  afterEach(async () => {
    await fixture?.close();
    fixture = undefined;
  });

  const secret = anEvent({
    event_type: 'post_tool_use',
    trace_id: 'Bearer abcdefgh',
    data: { tool_name: 'http', headers: { authorization: 'Bearer abc' }, customerEmail: 'a@b.example' },
    metadata: { api_key: 'x' },
    result: { success: false, error: 'denied for Bearer abcdefgh', data: { password: 'y' } },
  });

  it('masks secrets of every form of body before they are in the log, unless told not to', async () => {
    fixture = await openGatewayFixture();
    expect((await send(fixture.gateway, { headers: lines, body: ndjson(secret) })).status).toBe(202);
    expect((await send(fixture.gateway, { headers: json, body: JSON.stringify([secret]) })).status).toBe(202);
    const events = await fixture.events();
    expect(events).toHaveLength(2);
    for (const event of events)
      expect(event).toMatchObject({
        traceId: 'Bearer abcdefgh',
        data: { headers: { authorization: 'Bearer [redacted]' }, password: '[redacted]' },
        metadata: { api_key: '[redacted]' },
        result: { error: 'denied for Bearer [redacted]' },
      });
  });

  it('masks the keys that a setting adds', async () => {
    fixture = await openGatewayFixture({ redactKeys: ['customer_email'] });
    await send(fixture.gateway, { headers: json, body: JSON.stringify(secret) });
    expect((await fixture.events())[0]?.data.customerEmail).toBe('[redacted]');
  });

  it('passes everything where it is switched off', async () => {
    fixture = await openGatewayFixture({ redaction: false, redactKeys: ['customer_email'] });
    await send(fixture.gateway, { headers: json, body: JSON.stringify(secret) });
    expect((await fixture.events())[0]).toMatchObject({
      data: { headers: { authorization: 'Bearer abc' }, customerEmail: 'a@b.example', password: 'y' },
      metadata: { api_key: 'x' },
    });
  });
});
