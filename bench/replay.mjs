/** The same backlog on a real Kafka, drained by a live assembler and folded again by a replay. */
import { openKafkaLog } from '@kaizen-trace/adapter-kafka';
// Past the door of testkit, since that needs jest.
import { realKafka } from '../libs/testkit/dist/real-kafka.js';
import { drain, fill } from './lib/backlog.mjs';
import { count } from './lib/measure.mjs';
import { startService, temporaryFolder, until } from './lib/processes.mjs';

const events = Number(process.env.BENCH_EVENTS ?? 500_000);
const partitions = 6;

const replay = async (environment, target) => {
  const began = performance.now();
  const service = startService('apps/cli/bin/kaizen-trace.js', ['replay', ...target], environment);
  let cpu = 0;
  const ended = await until(
    () => {
      cpu = Math.max(cpu, service.cpuSeconds());
      return service.exitCode() ?? undefined;
    },
    { everyMs: 100 },
  );
  if (ended !== 0) throw new Error(`the replay ended with ${ended}:\n${service.said()}`);
  return { rate: events / ((performance.now() - began) / 1000), cpu };
};

export const run = async () => {
  const kafka = await realKafka();
  const prefix = `bench-replay-${process.pid}.`;
  const log = await openKafkaLog({ brokers: kafka.brokers, topicPrefix: prefix, partitions });
  const folder = temporaryFolder();
  const environment = { KAFKA_BROKERS: kafka.brokers.join(','), KAIZEN_TOPIC_PREFIX: prefix };
  try {
    await fill(log, events);
    const live = await drain(log, { brokers: kafka.brokers, prefix, partitions });
    const dry = await replay(environment, ['--dry-run', '--resume-file', `${folder.path}/dry.json`]);
    const file = await replay(environment, [
      '--file',
      `${folder.path}/spans.bin`,
      '--format',
      'proto',
      '--resume-file',
      `${folder.path}/resume.json`,
    ]);
    const perMillion = (cpu) => ((cpu / events) * 1e6).toFixed(1);
    return {
      title: `replay on Kafka: ${count(events)} events, ${partitions} partitions`,
      rows: [
        ['what', 'events/s', 'CPU s / million'],
        ['live, exactly once, one assembler', count(live.rate), perMillion(live.cpu)],
        ['replay --dry-run, its start included', count(dry.rate), perMillion(dry.cpu)],
        ['replay to a file, its start included', count(file.rate), perMillion(file.cpu)],
      ],
      figures: { live: live.rate, dryRun: dry.rate, file: file.rate },
      ratios: { 'dry run / live': dry.rate / live.rate },
    };
  } finally {
    await log.close();
    await kafka.stop();
    folder.remove();
  }
};
