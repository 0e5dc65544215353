import { exitCodes } from '../terminal/io.js';
import type { CommandLine } from './command-line.js';

/** Adds `doctor`. */
export const addDoctor = ({ program, action }: CommandLine): void => {
  program
    .command('doctor')
    .description('check')
    .action(action(() => Promise.resolve(exitCodes.done)));
};
