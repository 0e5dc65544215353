import {
  assemblySettings,
  bracketed,
  defineSettings,
  describeProblems,
  httpUrl,
  readSettings,
  type SettingsOf,
  traceStoreSettings,
} from '@kaizen-trace/settings';
import { type Check, describeCheck } from '../doctor/check.js';
import { checkGateway } from '../doctor/check-gateway.js';
import { checkQuery } from '../doctor/check-query.js';
import { checkLetters, checkPipeline } from '../doctor/check-pipeline.js';
import { checkSettings } from '../doctor/check-settings.js';
import { cliSettings } from '../settings.js';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { by, type CommandLine } from './command-line.js';
import { openGatewayApi } from './gateway-api.js';

interface DoctorOptions {
  readonly json: boolean;
  readonly queryUrl?: string;
  readonly service?: string;
  readonly trace?: string;
  readonly spool?: string;
}

const doctorSettings = defineSettings({
  ...cliSettings.entries,
  store: traceStoreSettings,
  assembly: assemblySettings,
});

type Settings = SettingsOf<typeof doctorSettings.entries>;

const readDoctorSettings = ({ env }: CommandContext): Settings => {
  const outcome = readSettings(doctorSettings, env);
  if (outcome.type === 'refused') throw new CommandError(describeProblems(outcome.problems));
  return outcome.settings;
};

/** The service that the environment names, where it names one. */
const serviceIn = ({ env }: CommandContext): string | undefined =>
  [env.OTEL_SERVICE_NAME, env.SERVICE_NAME].find((each) => each !== undefined && each.trim() !== '')?.trim();

const checksOf = async (context: CommandContext, options: DoctorOptions): Promise<readonly Check[]> => {
  const { log, client, backend, store, assembly } = readDoctorSettings(context);
  const { eventsToTrace } = assembly;
  const url = options.queryUrl ?? `http://${bracketed(backend.host)}:${store.queryPort}`;
  const query = { url, key: store.queryKeys[0] };
  const api = openGatewayApi(context);
  // Loaded only here: gRPC and the logs take longer to load than most commands to run.
  const { checkLog } = await import('../doctor/check-log.js');
  const { checkOtlp } = await import('../doctor/check-otlp.js');
  const { checkTrace } = await import('../doctor/check-trace.js');
  const checks = await Promise.all([
    checkLog(log),
    checkGateway(client),
    checkOtlp(backend),
    checkQuery(query, options.service ?? serviceIn(context)),
    checkPipeline(api),
    checkLetters(api),
  ]);
  const settings = checkSettings({ env: context.env, backend, eventsToTrace });
  const { checkSpool } = await import('../doctor/check-spool.js');
  const { trace, spool } = options;
  const places = { query, api, log, eventsToTrace };
  return [
    ...checks,
    ...settings,
    ...(trace === undefined ? [] : await checkTrace(places, trace)),
    ...(spool === undefined ? [] : checkSpool(spool)),
  ];
};

const doctor = async (context: CommandContext, options: DoctorOptions): Promise<ExitCode> => {
  const checks = await checksOf(context, options);
  const well = checks.every((check) => check.outcome !== 'failed');
  context.stdout.write(
    options.json
      ? `${JSON.stringify({ ok: well, checks }, undefined, 2)}\n`
      : checks.map((check) => `${describeCheck(check)}\n`).join(''),
  );
  return well ? exitCodes.done : exitCodes.failed;
};

const help = `
Looks at the log, the gateway, the OTLP endpoint and the query API that the environment names, at the assemblers, the
dead letters and the settings themselves, and says for each what to do where something is wrong (✗) or odd (!). Changes
nothing, but that Kafka topics which are missing are made. Run it with the agent's own environment; where the query API
wants a key, with KAIZEN_QUERY_KEYS too.
Exit codes: 0 all is well · 1 something is not.

Examples:
  $ kaizen-trace doctor
  $ kaizen-trace doctor --json
  $ kaizen-trace doctor --trace 4f1c2a9e8d7b6c5a4f1c2a9e8d7b6c5a
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
    .option(
      '--service <name>',
      'a service whose spans should be there (default: OTEL_SERVICE_NAME or SERVICE_NAME)',
    )
    .option('--spool <directory>', 'look at what an agent has accepted and not yet sent')
    .option('--trace <id>', 'look at one trace: what is missing or odd, and why')
    .addHelpText('after', help)
    .action(action(doctor));
};
