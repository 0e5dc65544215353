import { createHash, randomBytes } from 'node:crypto';
import { Option } from 'commander';
import { byteSize, text } from '@kaizen-trace/settings';
import { CommandError, type CommandContext, exitCodes, type ExitCode } from '../terminal/io.js';
import { by, type CommandLine, number } from './command-line.js';

interface NewKeyOptions {
  readonly name: string;
  readonly service: readonly string[];
  readonly operation: readonly string[];
  readonly requestsPerSecond?: number;
  readonly bytesPerSecond?: number;
}

const operations = ['ingest', 'read', 'operate'];

/** Refuses what the gateway would refuse to read. */
const nameOf = (name: string): string => {
  if (/^[\w.@-]{1,64}$/.test(name)) return name;
  throw new CommandError('--name takes 1 to 64 letters, digits, or any of _ . @ -');
};

const newKey = (context: CommandContext, options: NewKeyOptions): Promise<ExitCode> => {
  const { service: services, operation } = options;
  const name = nameOf(options.name);
  const unknown = operation.find((each) => !operations.includes(each));
  if (unknown !== undefined) throw new CommandError(`--operation takes one of ${operations.join(', ')}`);
  // 256 random bits: nobody guesses them, so that one plain hash is enough.
  const key = `kz_${randomBytes(32).toString('base64url')}`;
  const line = {
    name,
    sha256: createHash('sha256').update(key).digest('hex'),
    ...(services.length === 0 ? {} : { services }),
    operations: operation.length === 0 ? ['ingest'] : operation,
    requests_per_second: options.requestsPerSecond,
    bytes_per_second: options.bytesPerSecond,
  };
  context.stderr.write(`The key, shown this once: ${key}\n`);
  context.stdout.write(`${JSON.stringify(line)}\n`);
  return Promise.resolve(exitCodes.done);
};

const help = `
Writes the key to standard error, this once and nowhere else, and its line for the gateway's KAIZEN_API_KEYS_FILE to
standard output. The line holds the key's hash. The gateway reads the file again by itself whenever it changes: to rotate a
key, add the new line, give the new key to whoever uses it, then remove the old line.

Operations: ingest, send events · read, metrics and the operating API · operate, redrive and replay.

Examples:
  $ kaizen-trace keys new --name checkout --service checkout >>keys
  $ kaizen-trace keys new --name on-call --operation read --operation operate >>keys
  $ kaizen-trace keys new --name batch --service batch --requests-per-second 20 --bytes-per-second 4MiB >>keys`;

const collect = (value: string, before: readonly string[]): readonly string[] => {
  if (value === '') throw new CommandError('an empty --service or --operation names nothing');
  return [...before, by(text(256))(value)];
};

/** Adds `keys new`. */
export const addKeys = ({ program, action }: CommandLine): void => {
  program
    .command('keys')
    .description('make API keys for the gateway')
    .command('new')
    .description('make a key, and the line for the gateway’s key file')
    .requiredOption('--name <name>', 'who the key is for; it may be shown')
    .option('--service <name>', 'a service as which it may write; repeatable (default: any)', collect, [])
    .option('--operation <name>', `${operations.join(', ')}; repeatable (default: ingest)`, collect, [])
    .addOption(new Option('--requests-per-second <n>', 'at most so many').argParser(number(1, 1_000_000)))
    .addOption(
      new Option('--bytes-per-second <size>', 'of bodies, unpacked, such as 4MiB').argParser(
        by(byteSize({ min: 1, max: 1024 ** 4 })),
      ),
    )
    .addHelpText('after', help)
    .action(action(newKey));
};
