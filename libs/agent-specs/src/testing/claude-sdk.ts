import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe } from '@jest/globals';
import { cached, firstLines, leaveOut, progress, realPartsRequired, runNpm } from '@kaizen-trace/testkit';
import { compiler } from './type-check.js';

const run = promisify(execFile);
const name = '@anthropic-ai/claude-agent-sdk';

/** The release that the recordings come from. */
const version = '0.3.330';

const limitMs = 120_000;

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  },
  files: ['program.ts'],
};

/**
 * The published types of the SDK, in the cache folder: its package alone, without what that depends on and without its
 * native programs. Types of other packages are `any` so; those of hooks are its own.
 */
const fetchTypes = (): Promise<string> =>
  cached(`claude-agent-sdk-${version}`, limitMs, async (draft) => {
    progress(`fetching the types of ${name} ${version}, once`);
    await runNpm(['pack', `${name}@${version}`], { cwd: draft, timeoutMs: limitMs });
    const archive = `anthropic-ai-claude-agent-sdk-${version}.tgz`;
    const types = ['package/package.json', 'package/sdk.d.ts', 'package/sdk-tools.d.ts'];
    await run('tar', ['-xzf', archive, ...types], { cwd: draft });
    await rm(join(draft, archive));
  });

/** What the compiler says of a program that imports the SDK: nothing where the types fit. */
const compile = async (types: string, program: string): Promise<string> => {
  const place = await mkdtemp(join(tmpdir(), 'kaizen-claude-types-'));
  try {
    await mkdir(join(place, 'node_modules', name), { recursive: true });
    await cp(join(types, 'package'), join(place, 'node_modules', name), { recursive: true });
    await writeFile(join(place, 'package.json'), '{"type":"module"}');
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify(tsconfig));
    await writeFile(join(place, 'program.ts'), program);
    const env = { ...process.env, NODE_OPTIONS: '' };
    return await new Promise((resolve) => {
      execFile(process.execPath, [compiler, '-p', place], { env }, (_, stdout) => resolve(stdout));
    });
  } finally {
    await rm(place, { recursive: true, force: true });
  }
};

/**
 * A `describe` for what needs the SDK's published types; await it at the top of the file. Where they cannot be fetched,
 * the console says so; with `REQUIRE_REAL=1` the file fails instead.
 *
 * @throws Error what npm said where the types are required and not to be had.
 */
export const describeClaudeTypes = async (
  title: string,
  body: (compilerSays: (program: string) => Promise<string>) => void,
): Promise<void> => {
  try {
    const types = await fetchTypes();
    describe(title, () => body((program) => compile(types, program)));
  } catch (error) {
    if (realPartsRequired()) throw error;
    const reason = `the types of ${name} could not be fetched: ${firstLines(error)}`;
    leaveOut(title, reason, () => body(() => Promise.resolve('')));
  }
};
