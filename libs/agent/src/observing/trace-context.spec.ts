import { createHash } from 'node:crypto';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { record, type Recording } from '../testing/recording.js';
import { readTraceContext } from './trace-context.js';
import { createTrace, type Trace } from './trace.js';

let recording: Recording;
let trace: Trace;

beforeEach(() => {
  recording = record();
  trace = createTrace((run) => run?.speaker ?? recording.speaker);
});

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const traceparent = `00-${traceId}-${parentId}-01`;
/** Section 3 of the contract, in its own words. */
const spanId = (trace_id: string, call_id: string): string =>
  createHash('sha256').update(`${trace_id}\u001f\u001e${call_id}`).digest('hex').slice(0, 16);

describe('what goes out', () => {
  const sent = (options: Parameters<Trace['run']>[0], callId?: string) =>
    trace.run(
      options,
      trace.tool('t', () => trace.headers(), { callId }),
    );

  it('is the ids under which Jaeger shows the operation', async () => {
    expect(await sent({ traceId }, 'c1')).toEqual({
      traceparent: `00-${traceId}-${spanId(traceId, 'c1')}-01`,
      tracestate: 'kaizen=c:c1',
    });
  });

  it('carries a trace id that is none for the wire beside its hash', async () => {
    const hash = createHash('sha256').update('order 4711, ü').digest('hex').slice(0, 32);
    expect(await sent({ traceId: 'order 4711, ü' }, 'a=b,c;d')).toEqual({
      traceparent: `00-${hash}-${spanId('order 4711, ü', 'a=b,c;d')}-01`,
      tracestate: 'kaizen=t:order%204711%2C%20%C3%BC;c:a%3Db%2Cc%3Bd',
    });
  });

  it('is the same for MCP, and nothing outside of a run', async () => {
    expect(trace.headers()).toEqual({});
    expect(trace.meta()).toEqual({});
    const both = await trace.tool('t', () => [trace.headers(), trace.meta()])();
    expect(both[0]).toEqual(both[1]);
  });

  it('is a valid traceparent in a run without an operation, too', () => {
    expect(trace.run({ traceId }, () => trace.headers().traceparent)).toMatch(
      new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`),
    );
  });

  it('leaves our member out where it would be longer than a member may be', async () => {
    const headers = await sent({ traceId: 'ü'.repeat(200) }, 'c1');
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    expect(headers.tracestate).toBeUndefined();
  });

  it('keeps the members of others, ours first', async () => {
    const tracestate = 'vendor=a:b, kaizen=c:old ,\tother@x=1';
    const headers = await sent({ headers: { traceparent, tracestate } }, 'c2');
    expect(headers.tracestate).toBe('kaizen=c:c2,vendor=a:b,other@x=1');
  });

  it('stays within 32 members and 512 characters, long members go first', async () => {
    const many = Array.from({ length: 32 }, (_, n) => `k${n}=${n}`).join(',');
    const headers = await sent({ headers: { traceparent, tracestate: many } }, 'c3');
    expect(headers.tracestate!.split(',')).toHaveLength(32);
    expect(headers.tracestate).toMatch(/^kaizen=c:c3,k0=0,.*,k30=30$/);
    const long = `first=1,long=${'x'.repeat(200)},${Array.from({ length: 8 }, (_, n) => `m${n}=${'y'.repeat(48)}`).join(',')}`;
    const kept = (await sent({ headers: { traceparent, tracestate: long } }, 'c4')).tracestate!;
    expect(kept.length).toBeLessThanOrEqual(512);
    expect(kept).toMatch(/^kaizen=c:c4,first=1,m0=.*,m7=y+$/);
  });
});

describe('what comes in', () => {
  const received = async (options: Parameters<Trace['run']>[0]) => {
    await trace.run(
      options,
      trace.tool('t', () => 1),
    );
    const [{ traceId: trace_id, parentCallId }] = recording.events as [(typeof recording.events)[number]];
    return { trace_id, parentCallId };
  };

  it('from another process of ours goes on under its operation, whatever its ids are', async () => {
    for (const id of [traceId, 'order 4711, ü', '4BF92F3577B34DA6A3CE929D0E0E4736', crypto.randomUUID()]) {
      recording.events.length = 0;
      const headers = await trace.run(
        { traceId: id },
        trace.tool('far', () => trace.headers(), { callId: 'call ü;1' }),
      );
      recording.events.length = 0;
      expect(await received({ headers })).toEqual({ trace_id: id, parentCallId: 'call ü;1' });
    }
  });

  it.each([
    ['a plain object', { traceparent, tracestate: 'kaizen=c:c1' }],
    ['names in any case', { TraceParent: traceparent, TRACESTATE: 'kaizen=c:c1' }],
    ['Headers', new Headers({ traceparent, tracestate: 'kaizen=c:c1' })],
    ['a tracestate in two headers', { traceparent, tracestate: ['a=1', 'kaizen=c:c1'] }],
    ['blanks around members', { traceparent, tracestate: 'a=1 , \tkaizen=c:c1 ,,' }],
  ])('is read from %s', async (_, headers) => {
    expect(await received({ headers })).toEqual({ trace_id: traceId, parentCallId: 'c1' });
  });

  it('may stand in the _meta of an MCP request, beside other keys', async () => {
    const meta = { progressToken: 7, traceparent, tracestate: 'kaizen=c:c1' };
    expect(await received({ headers: {}, meta })).toEqual({ trace_id: traceId, parentCallId: 'c1' });
  });

  it('from somebody else gives its trace and no parent', async () => {
    expect(await received({ headers: { traceparent, tracestate: 'vendor=1' } })).toEqual({
      trace_id: traceId,
      parentCallId: undefined,
    });
  });

  it('from somebody else is handed on as it came, where nothing of ours lies between', () => {
    const headers = { traceparent, tracestate: 'vendor=1' };
    expect(trace.run({ headers }, () => trace.headers())).toEqual(headers);
  });

  it('of a later version is read as far as it is known', async () => {
    const later = `cc-${traceId}-${parentId}-01-what-the-future-brings`;
    expect((await received({ headers: { traceparent: later } })).trace_id).toBe(traceId);
  });

  it.each([
    ['nothing', {}],
    ['no headers', null],
    ['version ff', { traceparent: `ff-${traceId}-${parentId}-01` }],
    ['more than version 00 has', { traceparent: `${traceparent}-00` }],
    ['upper case', { traceparent: traceparent.toUpperCase() }],
    ['a trace id of zeros', { traceparent: `00-${'0'.repeat(32)}-${parentId}-01` }],
    ['a parent id of zeros', { traceparent: `00-${traceId}-${'0'.repeat(16)}-01` }],
    ['a short id', { traceparent: `00-${traceId.slice(1)}-${parentId}-01` }],
    ['no flags', { traceparent: `00-${traceId}-${parentId}` }],
    ['two of them', { traceparent: [traceparent, traceparent] }],
    ['a number', { traceparent: 7 }],
    [
      'one that throws',
      {
        get traceparent(): string {
          throw new Error('no');
        },
      },
    ],
  ])('that is malformed (%s) begins a new run', (_, headers) => {
    expect(readTraceContext(headers)).toBeUndefined();
  });

  it.each([
    ['a member without a value', 'kaizen=c:c1,novalue'],
    ['a key in upper case', 'kaizen=c:c1,Vendor=1'],
    ['one key twice', 'a=1,kaizen=c:c1,a=2'],
    ['33 members', `kaizen=c:c1,${Array.from({ length: 32 }, (_, n) => `k${n}=1`).join(',')}`],
    ['our member broken', 'kaizen=c:%zz'],
    ['our member in another form', 'kaizen=9'],
    ['our member of another trace', 'kaizen=t:another;c:c1'],
    ['an empty call', 'kaizen=c:'],
  ])('with a tracestate that is malformed (%s) gives the trace alone', async (_, tracestate) => {
    expect(await received({ headers: { traceparent, tracestate } })).toEqual({
      trace_id: traceId,
      parentCallId: undefined,
    });
  });

  it('yields to a trace id that is given', async () => {
    const headers = { traceparent, tracestate: 'kaizen=c:c1' };
    expect(await received({ traceId: 'mine', headers })).toEqual({
      trace_id: 'mine',
      parentCallId: undefined,
    });
  });
});
