import {
  clientSettings,
  defineSettings,
  describeProblems,
  eventType,
  host,
  hostAndPort,
  httpUrl,
  kafkaSettings,
  list,
  oneOf,
  readSettings,
  setting,
  text,
  wholeNumber,
  type Environment,
  type Parser,
  type SettingProblem,
} from '@kaizen-trace/settings';
import type { TellProblem } from '../tracing/problems.js';
import type { ObservabilityOptions, Transport } from './observability-options.js';

/** What options and environment say beyond what the transports read for themselves. */
export interface ReadOptions {
  readonly serviceName: string | undefined;
  readonly transport: Transport;
}

/**
 * Thrown when options or environment are wrong; nothing has been opened. It names every mistake, with its remedy and
 * without any secret.
 */
export class ObservabilitySettingsError extends Error {
  override readonly name = 'ObservabilitySettingsError';
  readonly code = 'KAIZEN_OBSERVABILITY_SETTINGS';

  constructor(readonly problems: readonly SettingProblem[]) {
    super(`enableObservability: ${describeProblems(problems)}`);
  }
}

type Given = Readonly<Record<string, unknown>>;
/** What is wrong with a value, and what to write instead; undefined where it is right. */
type Check = (value: unknown) => { readonly problem: string; readonly remedy: string } | undefined;

const as =
  (isType: (value: unknown) => boolean, remedy: string, parser?: Parser<unknown>): Check =>
  (value) => {
    if (!isType(value)) return { problem: 'is of the wrong type', remedy };
    const outcome = parser?.parse(String(value));
    return outcome?.type === 'wrong'
      ? { problem: `is ${outcome.problem}`, remedy: outcome.remedy }
      : undefined;
  };

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isBoolean = (value: unknown): boolean => typeof value === 'boolean';
const isFunction = (value: unknown): boolean => typeof value === 'function';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.length > 0 && value.every(isText);
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const has =
  (...methods: readonly string[]) =>
  (value: unknown): boolean =>
    isObject(value) && methods.every((name) => typeof Reflect.get(value as object, name) === 'function');

const transport = oneOf('direct', 'kafka', 'http');
const yesOrNo = 'Write true or false.';

const checks: Readonly<Record<keyof ObservabilityOptions, Check>> = {
  serviceName: as(isText, 'Write a text of 1 to 256 characters.', text(256)),
  enableTracing: as(isBoolean, yesOrNo),
  transport: as(isText, "Write 'direct', 'kafka' or 'http'.", transport),
  jaegerHost: as(isText, 'Write a host name or an IP address.', host),
  jaegerPort: as((value) => typeof value === 'number', 'Write a port, as in 4317.', wholeNumber(1, 65_535)),
  insecure: as(isBoolean, yesOrNo),
  brokers: as(isTexts, "Write a list of brokers, as in ['broker-1:9092'].", list(hostAndPort)),
  gatewayUrl: as(isText, 'Write an absolute URL, as in http://localhost:4310.', httpUrl),
  eventsToTrace: as(
    isTexts,
    "Write a list of event types, as in ['pre_tool_use', 'post_tool_use'].",
    list(eventType),
  ),
  tracingManager: as(has('createSpanFromContext', 'shutdown'), 'Give a TracingManager.'),
  publisher: as(
    has('publish', 'flush', 'close'),
    'Give a publisher, as kafkaPublisher() or httpPublisher() makes it.',
  ),
  redact: as(isFunction, 'Give a function from event to event.'),
  redaction: as(
    (value) => value === false || isObject(value),
    'Give an object of options, or false to mask nothing.',
  ),
  onProblem: as(isFunction, 'Give a function that takes a message.'),
};

const problem = (
  option: string,
  what: { readonly problem: string; readonly remedy: string },
): SettingProblem => ({
  variable: `option ${option}`,
  ...what,
});

/** Options that say where to, beside one that is there already. */
const contradictions = (given: Given): readonly SettingProblem[] => {
  const beside = (owner: string, others: readonly string[]): readonly SettingProblem[] =>
    given[owner] === undefined
      ? []
      : others
          .filter((name) => given[name] !== undefined)
          .map((name) =>
            problem(name, {
              problem: `cannot change the ${owner} that is given`,
              remedy: `Leave one of the two out.`,
            }),
          );
  const otherTransport = given.transport === undefined || given.transport === 'direct' ? [] : ['transport'];
  return [
    ...beside('tracingManager', ['jaegerHost', 'jaegerPort', 'insecure', 'publisher', ...otherTransport]),
    ...beside('publisher', [
      'brokers',
      'gatewayUrl',
      'redact',
      'redaction',
      ...(given.transport === 'direct' ? ['transport'] : []),
    ]),
  ];
};

const problemsOf = (given: Given): readonly SettingProblem[] => {
  const single = Object.entries(given).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(checks, name))
      return [
        problem(name, {
          problem: 'does not exist',
          remedy: `Options are ${Object.keys(checks).join(', ')}.`,
        }),
      ];
    const wrong = checks[name as keyof ObservabilityOptions](value);
    return wrong === undefined ? [] : [problem(name, wrong)];
  });
  return [...single, ...contradictions(given)];
};

const common = {
  otelServiceName: setting({
    names: ['OTEL_SERVICE_NAME'],
    parser: text(256),
    about: 'Service of the agents of this process.',
  }),
  serviceName: setting({ names: ['SERVICE_NAME'], parser: text(256), about: 'The same.' }),
  transport: setting({
    names: ['KAIZEN_TRANSPORT'],
    parser: transport,
    default: 'direct',
    about: 'How events travel: `direct`, `kafka` or `http`.',
  }),
};

/**
 * What the environment has to say, given how events travel, and what the options leave to it. Where they go directly, a
 * `TracingManager` reads the rest.
 */
const tableFor = ({ publisher, gatewayUrl }: Given, way: Transport) => {
  if (publisher !== undefined) return {};
  if (way === 'kafka') return { kafka: kafkaSettings };
  return way === 'http' && gatewayUrl === undefined ? { client: clientSettings } : {};
};

const without = (env: Environment, names: readonly string[]): Environment =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

/** A variable that an option takes the place of is not looked at. */
const seenFrom = ({ brokers, serviceName, transport: way }: Given, env: Environment) =>
  without(env, [
    ...(brokers === undefined ? [] : ['KAFKA_BROKERS', 'KAFKA_BOOTSTRAP_SERVERS']),
    ...(serviceName === undefined ? [] : ['OTEL_SERVICE_NAME', 'SERVICE_NAME']),
    ...(way === undefined ? [] : ['KAIZEN_TRANSPORT']),
  ]);

/** Variables that may be meant for somebody else: what is wrong there does not keep an agent from starting. */
const isForeign = ({ variable }: SettingProblem): boolean => /^(?:OTEL|JAEGER)_/.test(variable);

/** What all transports read, without the foreign variables that are wrong. */
const readCommon = (env: Environment) => {
  const table = defineSettings(common);
  const outcome = readSettings(table, env);
  const foreign = outcome.type === 'refused' ? outcome.problems.filter(isForeign) : [];
  const names = foreign.map(({ variable }) => variable);
  return { foreign, outcome: names.length === 0 ? outcome : readSettings(table, without(env, names)) };
};

const isTransport = (value: unknown): value is Transport =>
  value === 'direct' || value === 'kafka' || value === 'http';

const noBrokers: SettingProblem = {
  variable: 'KAFKA_BROKERS',
  problem: 'is not set, but the transport is kafka',
  remedy: 'Set it, or give the option brokers.',
};

/** As OpenTelemetry has it: the resource may name the service, where its own variable does not. */
const serviceOfResource = (env: Environment): string | undefined => {
  const [, value = ''] = /(?:^|,)\s*service\.name\s*=([^,]*)/.exec(env.OTEL_RESOURCE_ATTRIBUTES ?? '') ?? [];
  try {
    return decodeURIComponent(value.trim()) || undefined;
  } catch {
    return undefined;
  }
};

/**
 * What options and environment come to, the options first. What is wrong in a variable of OpenTelemetry is told and passed
 * over.
 *
 * @throws ObservabilitySettingsError with every other mistake of both.
 */
export const readOptions = (
  options: ObservabilityOptions,
  env: Environment,
  tell: TellProblem,
): ReadOptions => {
  const given: Given = { ...options };
  const seen = seenFrom(given, env);
  const { foreign, outcome: first } = readCommon(seen);
  const fromEnv = first.type === 'ok' ? first.settings : undefined;
  const way = isTransport(given.transport) ? given.transport : (fromEnv?.transport ?? 'direct');
  const withBrokers = Array.isArray(given.brokers) ? { ...seen, KAFKA_BROKERS: 'given:9092' } : seen;
  const second = readSettings(defineSettings(tableFor(given, way)), withBrokers);
  const hasNoBrokers =
    second.type === 'ok' && 'kafka' in second.settings && second.settings.kafka === undefined;
  const problems = [
    ...problemsOf(given),
    ...(first.type === 'refused' ? first.problems : []),
    ...(second.type === 'refused' ? second.problems : []),
    ...(hasNoBrokers ? [noBrokers] : []),
  ];
  if (problems.length > 0) throw new ObservabilitySettingsError(problems);
  if (foreign.length > 0) tell('settings', `${describeProblems(foreign)}\nGoing on without.`);
  const serviceName =
    options.serviceName ?? fromEnv?.otelServiceName ?? serviceOfResource(env) ?? fromEnv?.serviceName;
  return { serviceName, transport: way };
};
