import type { Pipeline } from './pipeline.js';
import type { UpSettings } from './settings.js';

const defaultGateway = 'http://localhost:4310';

/** The address as a person would type it. */
const typed = (url: string): string => url.replace('//127.0.0.1:', '//localhost:');

/** What a person sees once everything runs: where things are, and one command to try. */
export const welcome = (pipeline: Pipeline, settings: UpSettings): string => {
  const { log, gateway: guarded } = settings;
  const gateway = typed(pipeline.gatewayUrl);
  const where =
    log.kafka === undefined ? `embedded log in ${log.dataDirectory}` : `Kafka, topics ${log.topicPrefix}*`;
  const key = guarded.apiKeys.length > 0 || guarded.apiKeysFile !== undefined ? 'KAIZEN_API_KEY=… ' : '';
  const environment = key + (gateway === defaultGateway ? '' : `KAIZEN_GATEWAY_URL=${gateway} `);
  const query = pipeline.queryUrl === undefined ? undefined : typed(pipeline.queryUrl);
  return [
    '',
    `  kaizen-trace is running (${where})`,
    '',
    ...(query === undefined ? [] : [`  traces   ${query}`]),
    `  events   ${gateway}/v1/events`,
    `  spans    ${pipeline.backend} (OTLP gRPC${query === undefined ? ', a backend elsewhere' : ''})`,
    '',
    '  Try it, in another terminal:',
    `    ${environment}npx kaizen-trace publish examples/01-first-trace/run.ndjson`,
    '',
    '  Ctrl-C stops it; nothing is lost.',
    '',
    '',
  ].join('\n');
};
