/** µs per event of each step of the core, one thread, no I/O: encode, decode, fold, OTLP bytes. */
import { createPartition, defaultSettings, foldRecord } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/assembler-runtime';
import { decodeEvent, encodeEvent } from '@kaizen-trace/codec';
import { millis } from '@kaizen-trace/contracts';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import { generateEvents } from './lib/events.mjs';
import { median } from './lib/measure.mjs';

const events = 200_000;
const recordsPerCommit = 2_000;
const messageBytes = 512 * 1024;
const firstAppend = 1_767_225_600_000;
const rounds = 5;

/** One pass over all events, record by record as the assembler does it; the sink of each step decides how far it goes. */
const pass = (encoded, layout, { fold = false, bytes = false }) => {
  const state = createPartition({ ...defaultSettings, layout }, sha256Hex);
  let batcher = createSpanBatcher({ maxBytes: messageBytes });
  const begin = process.hrtime.bigint();
  for (let index = 0; index < encoded.length; index++) {
    const { event } = decodeEvent(encoded[index]);
    if (!fold) continue;
    const { spans } = foldRecord(state, {
      offset: BigInt(index),
      appendTime: millis(firstAppend + index),
      event,
    });
    if (!bytes) continue;
    for (const span of spans) batcher.add(span);
    if (index % recordsPerCommit === 0) batcher.take();
  }
  return Number(process.hrtime.bigint() - begin) / 1e3 / encoded.length;
};

/** The steps of a layout: each pass goes one step further, and a step costs what its pass takes more. */
const steps = (encoded, layout) => {
  const decode = pass(encoded, layout, {});
  const fold = pass(encoded, layout, { fold: true });
  const whole = pass(encoded, layout, { fold: true, bytes: true });
  return {
    'avro decode': decode,
    [`fold, ${layout}`]: fold - decode,
    [`otlp bytes, ${layout}`]: whole - fold,
    [`decode → fold → bytes, ${layout}`]: whole,
  };
};

/** The loop that the others are judged against: decodes JSON, hashes and allocates as the core does. */
const reference = (texts) => {
  const begin = process.hrtime.bigint();
  let sum = 0;
  for (const text of texts) sum += sha256Hex(JSON.parse(text).e).charCodeAt(0);
  return sum > 0 ? Number(process.hrtime.bigint() - begin) / 1e3 / texts.length : 0;
};

const encodeAll = (generated) => {
  const begin = process.hrtime.bigint();
  const encoded = generated.map((event) => encodeEvent(event).bytes);
  return { encoded, micros: Number(process.hrtime.bigint() - begin) / 1e3 / generated.length };
};

export const run = async () => {
  const generated = [...generateEvents(events)];
  const texts = generated.map((event) =>
    JSON.stringify({ e: event.eventId, d: event.data, m: event.metadata }),
  );
  const { encoded } = encodeAll(generated);
  const figures = {};
  const note = (name, value) => (figures[name] ??= []).push(value);
  for (let round = 0; round < rounds; round++) {
    note('reference', reference(texts));
    note('avro encode', encodeAll(generated).micros);
    for (const layout of ['events', 'operations']) {
      for (const [step, value] of Object.entries(steps(encoded, layout))) note(step, value);
    }
  }
  const medians = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
  const bytes = encoded.reduce((sum, each) => sum + each.length, 0) / events;
  const limits = {
    'decode → fold → bytes, events': '≤ 6 (sketch: 4)',
    'avro decode': '2.6 (kafkajs + avsc)',
  };
  const rows = Object.entries(medians).map(([name, value]) => [
    name,
    value.toFixed(2),
    (value / medians.reference).toFixed(2),
    limits[name] ?? '',
  ]);
  return {
    title: `core: µs per event of ${bytes.toFixed(0)} bytes, median of ${rounds} passes over ${events} events, one thread`,
    rows: [['step', 'µs/event', '× reference', 'limit in DESIGN'], ...rows],
    figures: medians,
    ratios: { 'core / reference': medians['decode → fold → bytes, events'] / medians.reference },
  };
};
