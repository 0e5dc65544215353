/** µs per event of each step of the core, one thread, no I/O: encode, decode, fold, OTLP bytes. */
import { createPartition, defaultSettings, foldRecord } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/assembler-runtime';
import { decodeEvent, encodeEvent } from '@kaizen-trace/codec';
import { millis } from '@kaizen-trace/contracts';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import { generateEvents } from './lib/events.mjs';
import { median } from './lib/measure.mjs';

const events = 200_000;
/** Events of one commit: what is alive at once, as in the pipeline. */
const batch = 2_000;
const rounds = 5;

const fold = (state, event, index) =>
  foldRecord(state, { offset: BigInt(index), appendTime: millis(1_767_225_600_000 + index), event });

const bytesOf = (outputs) => {
  const batcher = createSpanBatcher({ maxBytes: 512 * 1024 });
  for (const { spans } of outputs) for (const span of spans) batcher.add(span);
  return batcher.take().length;
};

/** One pass over all events in batches, the time of each step added up. */
const pass = (encoded, layout) => {
  const state = createPartition({ ...defaultSettings, layout }, sha256Hex);
  const spent = { 'avro decode': 0n, fold: 0n, 'otlp bytes': 0n };
  for (let from = 0; from < encoded.length; from += batch) {
    const begin = process.hrtime.bigint();
    const decoded = encoded.slice(from, from + batch).map((bytes) => decodeEvent(bytes).event);
    const atFold = process.hrtime.bigint();
    const outputs = decoded.map((event, index) => fold(state, event, from + index));
    const atBytes = process.hrtime.bigint();
    bytesOf(outputs);
    const end = process.hrtime.bigint();
    spent['avro decode'] += atFold - begin;
    spent.fold += atBytes - atFold;
    spent['otlp bytes'] += end - atBytes;
  }
  return Object.fromEntries(
    Object.entries(spent).map(([step, time]) => [step, Number(time) / 1e3 / encoded.length]),
  );
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
      const steps = pass(encoded, layout);
      for (const [step, value] of Object.entries(steps)) note(`${step}, ${layout}`, value);
      note(
        `decode → fold → bytes, ${layout}`,
        Object.values(steps).reduce((sum, value) => sum + value, 0),
      );
    }
  }
  const medians = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
  const bytes = encoded.reduce((sum, each) => sum + each.length, 0) / events;
  const limits = {
    'decode → fold → bytes, events': '≤ 6 (sketch: 4)',
    'avro decode, events': '2.6 (kafkajs + avsc)',
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
