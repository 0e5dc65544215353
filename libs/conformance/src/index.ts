export { describeLogConnection } from './log-connection.suite.js';
export type { ConformanceFixture, ConformanceOptions, OpenFixture } from './fixture.js';
