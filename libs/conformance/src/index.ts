export { eventually, scanAll, scanEverything } from './harness.js';
export { describeLogConnection } from './log-connection.suite.js';
export type { ConformanceFixture, ConformanceOptions, OpenFixture } from './fixture.js';
