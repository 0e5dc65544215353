import type { LetterJson } from '@kaizen-trace/gateway';
import type { GatewayApi } from '../commands/gateway-api.js';
import { printable } from '../commands/table.js';
import { count } from '../terminal/progress.js';
import { CommandError } from '../terminal/io.js';
import type { Check } from './check.js';

/** The answer about open operations, as much of it as is looked at. */
interface OpenAnswer {
  readonly total: number;
  readonly complete: boolean;
  readonly missing_partitions: readonly number[];
  readonly assemblers: readonly { readonly outcome: string; readonly reason: string | null }[];
}

const failed = (detail: string, remedy: string): Check => ({
  name: 'pipeline',
  outcome: 'failed',
  detail,
  remedy,
});

const judge = ({ total, complete, missing_partitions: missing, assemblers }: OpenAnswer): Check => {
  if (assemblers.length === 0)
    return failed(
      'events are taken, but no assembler is running: nothing makes spans of them',
      'Start one: `npm start`, or `npm run span-assembler` with the same KAFKA_BROKERS and KAIZEN_GROUP',
    );
  const silent = assemblers.find(({ outcome }) => outcome !== 'answered');
  if (!complete) {
    const why = silent === undefined ? '' : ` (${printable(silent.reason ?? 'one is silent')})`;
    return failed(
      `no assembler answers for partitions ${missing.join(', ')}${why}`,
      'It passes by itself while partitions change hands; else see the assemblers’ logs and /readyz',
    );
  }
  const operations = `${count(total)} open ${total === 1 ? 'operation' : 'operations'}`;
  const many = assemblers.length === 1 ? '1 assembler' : `${assemblers.length} assemblers`;
  return { name: 'pipeline', outcome: 'ok', detail: `${many} for all partitions; ${operations}` };
};

/** A gateway of another make, or one that is away, has nothing to say of the pipeline: that is another check's finding. */
const unasked = (name: Check['name'], error: unknown): Check => {
  if (!(error instanceof CommandError)) throw error;
  return { name, outcome: 'skipped', detail: 'the gateway cannot be asked' };
};

/** Whether assemblers fold what the gateway takes, as they tell the gateway. */
export const checkPipeline = async (api: GatewayApi): Promise<Check> => {
  try {
    return judge((await api.ask('/api/open-operations', { limit: '1' })) as OpenAnswer);
  } catch (error) {
    return unasked('pipeline', error);
  }
};

const mostLetters = 1_000;

/** Whether records lie in the dead letters that nobody has brought back. */
export const checkLetters = async (api: GatewayApi): Promise<Check> => {
  const name = 'letters';
  try {
    const query = { redriven: 'false', limit: String(mostLetters) };
    const { letters } = (await api.ask('/api/dead-letters', query)) as {
      readonly letters: readonly LetterJson[];
    };
    const [newest] = letters;
    if (newest === undefined) return { name, outcome: 'ok', detail: 'no dead letters' };
    const many = `${count(letters.length)}${letters.length === mostLetters ? ' or more' : ''}`;
    const why = `${newest.stage ?? '?'}: ${printable(newest.message ?? newest.error_class ?? '?')}`;
    return {
      name,
      outcome: 'warned',
      detail: `${many} ${letters.length === 1 ? 'record' : 'records'} could not be taken, the newest for ${why}`,
      remedy: 'See `kaizen-trace dead-letters list --pending`',
    };
  } catch (error) {
    return unasked(name, error);
  }
};
