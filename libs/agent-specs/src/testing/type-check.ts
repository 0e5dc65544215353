import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Frameworks } from './frameworks.js';
import { besideFrameworks, exportOf } from './frameworks.js';

/** The project's fast TypeScript compiler, to be run by Node. */
export const compiler = createRequire(import.meta.url)
  .resolve('typescript7/package.json')
  .replace('package.json', 'bin/tsc');

const tsconfig = {
  compilerOptions: {
    target: 'es2022',
    module: 'nodenext',
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
    types: [],
  },
  files: ['program.ts'],
};

/**
 * What the compiler says of a program that imports a framework and, as `ADAPTER`, the declarations of the SDK's subpath:
 * nothing where the types fit.
 */
export const compilerSays = (frameworks: Frameworks, subpath: string, program: string): Promise<string> =>
  besideFrameworks(frameworks, async (place) => {
    const declarations = fileURLToPath(await exportOf(subpath, 'types'));
    const source = program.replaceAll(
      "'ADAPTER'",
      `'${declarations.replaceAll('\\', '/').replace(/\.d\.ts$/, '.js')}'`,
    );
    await writeFile(join(place, 'package.json'), '{"type":"module"}');
    await writeFile(join(place, 'tsconfig.json'), JSON.stringify(tsconfig));
    await writeFile(join(place, 'program.ts'), source);
    return new Promise((resolve) => {
      execFile(
        process.execPath,
        [compiler, '-p', place],
        { env: { ...process.env, NODE_OPTIONS: '' } },
        (_, stdout) => resolve(stdout),
      );
    });
  });
