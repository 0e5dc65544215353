export { reachableUrl } from './address.js';
export { assemblerStatusPath, readAssemblerStatus } from './assembler-status.js';
export type { AssembledPartitionJson, AssemblerStatusJson } from './assembler-status.js';
export { exporterStatusPath, readExporterStatus } from './exporter-status.js';
export type { ExporterCountsJson, ExporterStatusJson } from './exporter-status.js';
