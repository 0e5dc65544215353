import { BlockList, isIPv4 } from 'node:net';
import { misspelledVariables, type Environment, type ExportSettings } from '@kaizen-trace/settings';
import type { Check } from './check.js';

const name = 'settings';

/** What is read here beside the environment itself. */
export interface SettingsToCheck {
  readonly env: Environment;
  readonly backend: Pick<ExportSettings, 'host' | 'port'>;
  /** Lower-cased event types; undefined: all. */
  readonly eventsToTrace: readonly string[] | undefined;
}

const failed = (detail: string, remedy: string): Check => ({ name, outcome: 'failed', detail, remedy });
const warned = (detail: string, remedy: string): Check => ({ name, outcome: 'warned', detail, remedy });

const isTurnedOff = ({ env }: SettingsToCheck): readonly Check[] =>
  env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true'
    ? [failed('OTEL_SDK_DISABLED is true: an agent’s own tracing gives no span at all', 'Unset it')]
    : [];

const samples = ({ env }: SettingsToCheck): readonly Check[] => {
  const sampler = env.OTEL_TRACES_SAMPLER?.trim();
  const remedy = 'Unset OTEL_TRACES_SAMPLER, or set it to parentbased_always_on';
  if (sampler === undefined || sampler === '') return [];
  if (/^(?:parentbased_)?always_off$/.test(sampler))
    return [failed(`OTEL_TRACES_SAMPLER is ${sampler}: an agent’s own tracing gives no span at all`, remedy)];
  if (!/^(?:parentbased_)?traceidratio$/.test(sampler)) return [];
  const ratio = Number(env.OTEL_TRACES_SAMPLER_ARG ?? '1');
  if (!(ratio < 1)) return [];
  const share = `OTEL_TRACES_SAMPLER_ARG is ${ratio}`;
  if (ratio <= 0) return [failed(`${share}: an agent’s own tracing gives no span at all`, remedy)];
  return [warned(`${share}: of ${Math.round(1 / ratio)} traces about one is there`, remedy)];
};

const otherHalf = (type: string): string | undefined => {
  if (type.startsWith('pre_')) return `post_${type.slice('pre_'.length)}`;
  return type.startsWith('post_') ? `pre_${type.slice('post_'.length)}` : undefined;
};

const whatHalvesGive = (type: string, other: string): string =>
  type.startsWith('pre_')
    ? `lets ${type} through, but not ${other}: each of these operations ends as abandoned, after KAIZEN_OPEN_TTL`
    : `lets ${type} through, but not ${other}: each of these ends as an orphan, without its beginning and its children`;

const filtersHalves = ({ eventsToTrace }: SettingsToCheck): readonly Check[] =>
  (eventsToTrace ?? []).flatMap((type) => {
    const other = otherHalf(type);
    if (other === undefined || eventsToTrace?.includes(other) === true) return [];
    return [
      warned(`KAIZEN_EVENTS_TO_TRACE ${whatHalvesGive(type, other)}`, `Add ${other}, or leave both out`),
    ];
  });

const twoServices = ({ env }: SettingsToCheck): readonly Check[] => {
  const { OTEL_SERVICE_NAME: standard = '', SERVICE_NAME: own = '' } = env;
  if (standard === '' || own === '' || standard === own) return [];
  return [
    warned(
      `OTEL_SERVICE_NAME is ${standard}, SERVICE_NAME is ${own}: the first one wins`,
      'Unset one of them',
    ),
  ];
};

/** What gRPC obeys, in its order; the first that is set counts, and only a proxy that is spoken to by http. */
const proxyVariables = ['grpc_proxy', 'https_proxy', 'http_proxy'] as const;

const isInSubnet = (host: string, entry: string): boolean => {
  const [net = '', bits = ''] = entry.split('/');
  if (!isIPv4(host) || !isIPv4(net) || !/^(?:3[0-2]|[12]?\d)$/.test(bits)) return false;
  const list = new BlockList();
  list.addSubnet(net, Number(bits));
  return list.check(host);
};

/** As gRPC reads it: ends of names or addresses, or IPv4 subnets; a space is part of its entry. */
const isExcluded = (host: string, list: string): boolean =>
  list !== '' && list.split(',').some((entry) => host.endsWith(entry) || isInSubnet(host, entry));

const goesThroughProxy = ({ env, backend: { host, port } }: SettingsToCheck): readonly Check[] => {
  const variable = proxyVariables.find((each) => (env[each] ?? '') !== '');
  if (variable === undefined || !/^http:\/\/./.test(env[variable] ?? '')) return [];
  const { no_grpc_proxy: forGrpc = '', no_proxy: forAll = '' } = env;
  if (isExcluded(host, forGrpc === '' ? forAll : forGrpc)) return [];
  return [
    warned(
      `gRPC to ${host}:${port} goes through the proxy that ${variable} names, even on this machine`,
      `Add ${host} to no_proxy, unless that is meant`,
    ),
  ];
};

const misspelled = ({ env }: SettingsToCheck): readonly Check[] =>
  misspelledVariables(env).map(({ variable, problem, remedy }) => warned(`${variable} ${problem}`, remedy));

const looks = [isTurnedOff, samples, filtersHalves, twoServices, goesThroughProxy, misspelled] as const;

/** What in the environment turns tracing off, thins it out or leads it elsewhere; one check a finding. Reads no file. */
export const checkSettings = (settings: SettingsToCheck): readonly Check[] => {
  const found = looks.flatMap((look) => look(settings));
  if (found.length > 0) return found;
  return [
    { name, outcome: 'ok', detail: 'nothing in the environment turns tracing off or leads it elsewhere' },
  ];
};
