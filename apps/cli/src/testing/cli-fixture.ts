import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from '@jest/globals';
import { type AnsweringServer, openAnsweringServer } from './answering-server.js';
import { run, type RunOptions, type RunResult } from './run-cli.js';

/** The command line before a server in the gateway's place, with a folder of the test's own. */
export interface CliFixture {
  readonly server: AnsweringServer;
  readonly folder: string;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<RunResult>;
}

/** Opens a fixture before each test, and removes it after. */
export const cliFixture = (): CliFixture => {
  let folder = '';
  let server: AnsweringServer;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kaizen-cli-'));
    server = await openAnsweringServer();
  });
  afterEach(async () => {
    await server.close();
    await rm(folder, { recursive: true });
  });
  return {
    get server() {
      return server;
    },
    get folder() {
      return folder;
    },
    run: (args, options = {}) =>
      run(args, { ...options, env: { KAIZEN_GATEWAY_URL: server.url, ...options.env } }),
  };
};
