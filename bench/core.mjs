/** µs per event of each step of the core, one thread, no I/O: encode, decode, fold, OTLP bytes. */
import { createPartition, defaultSettings, foldRecord } from '@kaizen-trace/assembler-core';
import { sha256Hex } from '@kaizen-trace/assembler-runtime';
import { decodeEvent, encodeEvent } from '@kaizen-trace/codec';
import { millis } from '@kaizen-trace/contracts';
import { createSpanBatcher } from '@kaizen-trace/otlp';
import { generateEvents } from './lib/events.mjs';
import { median } from './lib/measure.mjs';

const events = 100_000;
const rounds = 5;

const microsPerEvent = (work) => {
  const begin = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - begin) / 1e3 / events;
};

const foldAll = (decoded, layout) => {
  const state = createPartition({ ...defaultSettings, layout }, sha256Hex);
  const outputs = [];
  decoded.forEach((event, index) => {
    outputs.push(foldRecord(state, { offset: BigInt(index), appendTime: millis(1_767_225_600_000 + index), event }));
  });
  return outputs;
};

const encodeAll = (outputs) => {
  const batcher = createSpanBatcher({ maxBytes: 512 * 1024 });
  let bytes = 0;
  for (const { spans } of outputs) for (const span of spans) batcher.add(span);
  for (const message of batcher.take()) bytes += message.length;
  return bytes;
};

/** The loop that the others are judged against: decodes JSON, hashes and allocates as the core does. */
const reference = (texts) => {
  let sum = 0;
  for (const text of texts) sum += sha256Hex(JSON.parse(text).e).charCodeAt(0);
  return sum;
};

export const run = async () => {
  const generated = [...generateEvents(events)];
  const texts = generated.map((event) => JSON.stringify({ e: event.eventId, d: event.data, m: event.metadata }));
  const figures = {};
  const note = (name, value) => (figures[name] ??= []).push(value);
  let bytes = 0;
  for (let round = 0; round < rounds; round++) {
    let encoded, decoded, outputs, chain;
    note('reference', microsPerEvent(() => reference(texts)));
    note('avro encode', microsPerEvent(() => (encoded = generated.map((event) => encodeEvent(event).bytes))));
    note('avro decode', microsPerEvent(() => (decoded = encoded.map((each) => decodeEvent(each).event))));
    note('fold, layout events', microsPerEvent(() => (outputs = foldAll(decoded, 'events'))));
    note('otlp bytes', microsPerEvent(() => encodeAll(outputs)));
    note('fold, layout operations', microsPerEvent(() => foldAll(decoded, 'operations')));
    chain = microsPerEvent(() => encodeAll(foldAll(encoded.map((each) => decodeEvent(each).event), 'events')));
    note('decode → fold → bytes', chain);
    bytes = encoded.reduce((sum, each) => sum + each.length, 0) / events;
  }
  const medians = Object.fromEntries(Object.entries(figures).map(([name, values]) => [name, median(values)]));
  const limits = { 'decode → fold → bytes': '≤ 6 (sketch: 4)', 'avro decode': '2.6 (kafkajs + avsc)' };
  return {
    title: `core: µs per event of ${bytes.toFixed(0)} bytes, median of ${rounds} × ${events} events, one thread`,
    rows: [
      ['step', 'µs/event', '× reference', 'limit in DESIGN'],
      ...Object.entries(medians).map(([name, value]) => [
        name,
        value.toFixed(2),
        (value / medians.reference).toFixed(2),
        limits[name] ?? '',
      ]),
    ],
    figures: medians,
    ratios: { 'core / reference': medians['decode → fold → bytes'] / medians.reference },
  };
};
