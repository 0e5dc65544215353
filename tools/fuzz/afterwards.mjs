import { setTimeout as sleep } from 'node:timers/promises';
import { wholeKey } from './keys.mjs';

const patienceMs = 120_000;

const jsonOf = async (url) => (await fetch(url, { headers: wholeKey })).json();

/** The pipeline's own account of itself, once it has caught up or patience has ended. */
const settled = async (gateway) => {
  for (const began = Date.now(); ;) {
    const pipeline = await jsonOf(`${gateway}/api/pipeline`);
    const { lag_records: lag, export_lag_records: exportLag } = pipeline.totals;
    if ((lag === 0 && exportLag === 0) || Date.now() - began > patienceMs) return pipeline;
    await sleep(500);
  }
};

const traceIdOf = (n) => `f022${n.toString(16).padStart(28, '0')}`;

/** Publishes runs of one operation each, and waits until the query API shows them. Gives how many it shows. */
const shownOf = async ({ gateway, query }, count) => {
  const ids = Array.from({ length: count }, (_, n) => traceIdOf(n + 1));
  const events = ids.flatMap((id) =>
    ['pre_tool_use', 'post_tool_use'].map((type) => ({
      event_type: type,
      agent_id: 'afterwards',
      trace_id: id,
      data: { tool_name: 'search' },
    })),
  );
  const headers = { ...wholeKey, 'content-type': 'application/json' };
  const answer = await fetch(`${gateway}/v1/events`, {
    method: 'POST',
    headers,
    body: JSON.stringify(events),
  });
  if (answer.status !== 202) return `publishing was answered with ${answer.status}`;
  for (const began = Date.now(); ; await sleep(200)) {
    const shown = await Promise.all(ids.map((id) => jsonOf(`${query}/api/traces/${id}`)));
    const whole = shown.filter(({ data }) => data?.[0]?.spans.length === 2).length;
    if (whole === count || Date.now() - began > patienceMs) return whole;
  }
};

const look = async ({ gateway, query }, trouble) => {
  const { complete, partitions, totals, problems } = await settled(gateway);
  if (!complete) trouble.push('the pipeline is not complete');
  for (const { partition, phase, problem } of partitions)
    if (phase !== 'running' || problem !== null)
      trouble.push(`partition ${partition} is ${phase}: ${problem}`);
  if (totals.lag_records > 0 || totals.export_lag_records > 0)
    trouble.push(`it lags by ${totals.lag_records} and ${totals.export_lag_records} records`);
  if (totals.unaccounted_events !== 0) trouble.push(`${totals.unaccounted_events} events ended nowhere`);
  trouble.push(...problems);
  const count = 20;
  const shown = await shownOf({ gateway, query }, count);
  if (shown !== count) trouble.push(`of ${count} traces published afterwards these are shown: ${shown}`);
  for (const url of [gateway, query]) {
    const { status } = await fetch(`${url}/readyz`);
    if (status !== 200) trouble.push(`${url}/readyz answers ${status}`);
  }
  return totals.counts;
};

/** Why the pipeline is not as it should be after all that, empty where it is; and what it counts. */
export const troubleAfterwards = async (services) => {
  const trouble = [];
  try {
    return { trouble, counts: await look(services, trouble) };
  } catch (error) {
    return { trouble: [...trouble, `it could not be asked afterwards: ${error.cause ?? error}`] };
  }
};

/** Where the assemblers and exporters listen. */
export const membersOf = async (gateway) => {
  const { partitions, exporters } = await jsonOf(`${gateway}/api/pipeline`);
  return [...new Set([...partitions, ...exporters].map(({ url }) => url).filter(Boolean))];
};
