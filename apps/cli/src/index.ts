export { simulateEmissions, simulateEvents } from './simulation/fleet.js';
export type { Emission, SimulationOptions } from './simulation/fleet.js';
export { runCli } from './program.js';
export { CommandError, exitCodes } from './terminal/io.js';
export type { CommandContext, ExitCode, Output } from './terminal/io.js';
export type { CommandLine } from './commands/command-line.js';
