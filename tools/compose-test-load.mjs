/** What agents send, and what Jaeger then has of it. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ports, until } from './compose-test-stack.mjs';

/** Three operations of two events each: a run, within it a model's call, within that a tool. */
const kinds = ['agent_run', 'llm_call', 'tool_use'];
const spansOfOne = 2 * kinds.length;

export const newTraces = (count) => Array.from({ length: count }, () => randomBytes(16).toString('hex'));

const event = (traceId, phase, at) => ({
  event_type: `${phase}_${kinds[at]}`,
  event_id: `${traceId}-${phase}-${at}`,
  agent_id: 'composer',
  trace_id: traceId,
  call_id: `${traceId}-${at}`,
  ...(at > 0 ? { parent_call_id: `${traceId}-${at - 1}` } : {}),
  service_name: 'compose-test',
  data: { step: at },
});

export const began = (ids) => ids.flatMap((id) => kinds.map((_, at) => event(id, 'pre', at)));
export const ended = (ids) => ids.flatMap((id) => kinds.map((_, at) => event(id, 'post', 2 - at)));

const sendOnce = (key, events) =>
  fetch(`http://127.0.0.1:${ports.GATEWAY}/v1/events`, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-ndjson',
      ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
    },
    body: events.map((each) => JSON.stringify(each)).join('\n'),
  });

/** A connection that was kept from before the stack went down fails once; events have ids, so they may come twice. */
export const sending = (key, events) => sendOnce(key, events).catch(() => sendOnce(key, events));

/** Sends again while the gateway cannot take them. @throws Error where it refuses them. */
export const post = async (key, events) => {
  for (let tries = 0; ; tries += 1) {
    const response = await sending(key, events);
    const report = await response.json();
    if (response.status === 202 && report.accepted === events.length) return;
    if (response.status < 500 || tries > 20)
      throw new Error(`the gateway answered ${response.status}: ${JSON.stringify(report).slice(0, 300)}`);
    await sleep(1_000);
  }
};

const countOf = async (traceId) => {
  const response = await fetch(`http://127.0.0.1:${ports.JAEGER_UI}/api/traces/${traceId}`);
  if (response.status === 404) return { spans: 0, ids: 0 };
  const { spans } = (await response.json()).data[0];
  return { spans: spans.length, ids: new Set(spans.map(({ spanID }) => spanID)).size };
};

/** Waits for every span of every trace. @throws Error where one is missing, or there twice. */
export const wholeInJaeger = async (ids) => {
  await until('every trace is whole in Jaeger', 180, async () => {
    for (const [index, id] of ids.entries()) {
      const { spans } = await countOf(id);
      if (spans < spansOfOne)
        return `trace ${index + 1} of ${ids.length} has ${spans} spans of ${spansOfOne}`;
    }
    return '';
  });
  for (const id of ids) {
    const { spans, ids: unlike } = await countOf(id);
    if (spans !== spansOfOne || unlike !== spansOfOne)
      throw new Error(`trace ${id} has ${spans} spans with ${unlike} ids, not ${spansOfOne}`);
  }
  return ids.length * spansOfOne;
};
