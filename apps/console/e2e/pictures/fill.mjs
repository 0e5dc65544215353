import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { openLog } from '@kaizen-trace/adapters';
import { defineSettings, logSettings, readSettings } from '@kaizen-trace/settings';
import { largeTrace, publish } from '../testing/large-trace.ts';
import { run, until } from './pipeline.mjs';

/** The large trace's id, as the query API shows it. */
export const largeId = createHash('sha256').update('the large one').digest('hex').slice(0, 32);

const spansOf = async (url, id) =>
  (await (await fetch(`${url}/api/traces/${id}`)).text()).split('"operationName"').length - 1;

/** One trace of 50,000 spans. */
export const fillLarge = async ({ url, gateway }) => {
  if ((await spansOf(url, largeId)) === 50_000) return;
  const start = Date.now() / 1_000 - 2_400;
  const shape = { service: 'code-migration', operations: 25_000, start };
  await publish(gateway, largeTrace({ traceId: 'the large one', ...shape }));
  await until(async () => (await spansOf(url, largeId)) === 50_000, 'the large trace');
};

/** So many traces, as `simulate` plays them. */
export const fillMany = async ({ env, url }, traces) => {
  const { child, says } = run(['simulate', '--agents', '8', '--traces', traces, '--seed', 'pictures'], env);
  await once(child, 'exit');
  console.log(says().trim());
  let newest = '';
  await until(async () => {
    const before = newest;
    const { data } = await (await fetch(`${url}/api/traces?service=research-team&limit=1`)).json();
    newest = `${data?.[0]?.traceID} ${data?.[0]?.spans.length}`;
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    return before === newest && data?.length > 0;
  }, 'the simulated traces');
};

const opened = (trace_id, call_id, parent_call_id, more) => ({
  trace_id,
  call_id,
  ...(parent_call_id !== undefined && { parent_call_id }),
  service_name: 'research-team',
  ...more,
});

/** Operations that stay open: what runs since long ago in any picture that is made later. */
export const openOperations = ({ gateway }) => {
  const now = Date.now() / 1_000;
  const trace = 'nightly-digest-2026-11-23';
  const lead = { agent_id: 'lead', timestamp: now - 4 };
  const archivist = { agent_id: 'archivist-1', timestamp: now - 2 };
  return publish(gateway, [
    opened(trace, 'root', undefined, {
      ...lead,
      event_type: 'pre_agent_loop',
      data: { goal: 'digest the day' },
    }),
    opened(trace, 'archive', 'root', {
      ...lead,
      event_type: 'pre_specialist_invoke',
      data: { specialist_name: 'archivist' },
    }),
    opened(trace, 'crawl', 'archive', {
      ...archivist,
      event_type: 'pre_tool_use',
      data: { tool_name: 'crawl_archive' },
    }),
    opened(trace, 'sum-up', 'archive', {
      ...archivist,
      event_type: 'pre_llm_call',
      data: { model: 'claude-sonnet-4-5' },
    }),
  ]);
};

/** Records that no gateway would have let in, written past it: the assembler makes dead letters of them. */
export const appendPoison = async ({ env, url }) => {
  const reading = readSettings(defineSettings({ log: logSettings }), env);
  if (reading.type === 'refused') throw new Error(reading.message ?? 'wrong settings');
  const log = await openLog(reading.settings.log);
  const bytes = (text) => new TextEncoder().encode(text);
  const producers = ['billing-importer', 'crm-sync', 'legacy-agent'];
  const records = Array.from({ length: 24 }, (_, index) => {
    const producer = producers[index % producers.length];
    const value =
      index % 4 === 3
        ? Buffer.from([0xc3, 0x01, 9, 9, 9, 9, 9, 9, 9, 9, index])
        : bytes(JSON.stringify({ event: 'tool_start', run: `run-${4_711 + index}`, tool: 'lookup_invoice' }));
    return {
      key: bytes(`${producer}-run-${4_711 + index}`),
      value,
      headers: [['producer', bytes(producer)]],
    };
  });
  await log.events.append(records);
  await log.close();
  await until(async () => {
    const { letters } = await (await fetch(`${url}/api/dead-letters?limit=50`)).json();
    return letters.length >= records.length;
  }, 'the dead letters');
};

/** Two simulated traces: the first with a failure that has a stack. */
export const smallTraces = async (url) => {
  const answer = await (await fetch(`${url}/api/traces?service=research-team&limit=200`)).json();
  const hasStack = ({ spans }) =>
    spans.some(({ logs }) => logs.some(({ fields }) => fields.some(({ key }) => key.endsWith('stacktrace'))));
  const small = answer.data.find((trace) => hasStack(trace) && trace.spans.length > 80) ?? answer.data[0];
  const other = answer.data.find((trace) => trace !== small && trace.spans.length > 40);
  return { small: small.traceID, other: other.traceID };
};
