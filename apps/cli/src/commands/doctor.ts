import {
  bracketed,
  defineSettings,
  describeProblems,
  httpUrl,
  readSettings,
  traceStoreSettings,
} from '@kaizen-trace/settings';
import { type Check, describeCheck } from '../doctor/check.js';
import { checkGateway } from '../doctor/check-gateway.js';
import { checkQuery } from '../doctor/check-query.js';
import { cliSettings } from '../settings.js';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { by, type CommandLine } from './command-line.js';

interface DoctorOptions {
  readonly json: boolean;
  readonly queryUrl?: string;
}

const doctorSettings = defineSettings({ ...cliSettings.entries, store: traceStoreSettings });

const doctor = async (context: CommandContext, { json, queryUrl }: DoctorOptions): Promise<ExitCode> => {
  const outcome = readSettings(doctorSettings, context.env);
  if (outcome.type === 'refused') throw new CommandError(describeProblems(outcome.problems));
  const { log, client, backend, store } = outcome.settings;
  // Loaded only here: gRPC and the logs take longer to load than most commands to run.
  const { checkLog } = await import('../doctor/check-log.js');
  const { checkOtlp } = await import('../doctor/check-otlp.js');
  const checks: readonly Check[] = await Promise.all([
    checkLog(log),
    checkGateway(client),
    checkOtlp(backend),
    checkQuery(queryUrl ?? `http://${bracketed(backend.host)}:${store.queryPort}`),
  ]);
  const well = checks.every((check) => check.outcome !== 'failed');
  context.stdout.write(
    json
      ? `${JSON.stringify({ ok: well, checks }, undefined, 2)}\n`
      : checks.map((check) => `${describeCheck(check)}\n`).join(''),
  );
  return well ? exitCodes.done : exitCodes.failed;
};

const help = `
Looks at the log, the gateway, the OTLP endpoint and the query API that the environment names, and says for each what
to do where something is wrong. Changes nothing, but that Kafka topics which are missing are made. Exit codes: 0 all is well · 1 something is not.

Examples:
  $ kaizen-trace doctor
  $ kaizen-trace doctor --json
  $ KAFKA_BROKERS=broker-1:9092 JAEGER_HOST=jaeger kaizen-trace doctor`;

/** Adds `doctor`. */
export const addDoctor = ({ program, action }: CommandLine): void => {
  program
    .command('doctor')
    .description('check the log, the gateway, the OTLP endpoint and the query API')
    .option('--json', 'print the checks as JSON', false)
    .option(
      '--query-url <url>',
      'where the query API is (default: port KAIZEN_QUERY_PORT of the backend)',
      by(httpUrl),
    )
    .addHelpText('after', help)
    .action(action(doctor));
};
