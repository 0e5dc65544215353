export { openExporter } from './open-exporter.js';
export type { Exporter, ExporterOptions } from './open-exporter.js';
export { ExporterModule } from './exporter-module.js';
export type { ExporterModuleOptions } from './exporter-module.js';
export type { Backoff } from './deliver.js';
