import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createService, type Service, type ServiceOptions } from './service.js';

/** An assembler in a process of its own. */
export interface FleetAssembler {
  readonly service: Service;
  /** Where it listens; undefined before it has said so. */
  url(): Promise<string | undefined>;
  /** The status of `/readyz`; 0 where nobody answers. */
  readiness(): Promise<number>;
  /** Lines of its log that say anything but that all is well. */
  complaints(): Promise<readonly string[]>;
}

interface LogLine {
  readonly level?: string;
  readonly msg?: string;
  readonly url?: string;
}

const calm: readonly (string | undefined)[] = ['debug', 'info'];

/** A line that is not of the logger is a crash, or a warning of Node's: it has no level. */
const parse = (line: string): LogLine => {
  try {
    return JSON.parse(line) as LogLine;
  } catch {
    return {};
  }
};

/** Starts it. */
export const startFleetAssembler = (options: ServiceOptions): FleetAssembler => {
  const service = createService(options);
  const lines = async (): Promise<readonly string[]> => {
    const said = await readFile(join(options.folder, `${options.name}.log`), 'utf8').catch(() => '');
    return said.split('\n').filter((line) => line !== '');
  };
  const url = async (): Promise<string | undefined> =>
    (await lines()).map(parse).findLast(({ msg }) => msg === 'span-assembler is running')?.url;
  service.start();
  return {
    service,
    url,
    readiness: async () => {
      const at = await url();
      if (at === undefined) return 0;
      return fetch(`${at}/readyz`).then(
        ({ status }) => status,
        () => 0,
      );
    },
    complaints: async () => (await lines()).filter((line) => !calm.includes(parse(line).level)),
  };
};
