import { Module, type DynamicModule } from '@nestjs/common';
import { OperationsModule, type OperationsOptions } from '@kaizen-trace/service-kit';
import { ExporterStatusModule, type ExporterStatusOptions } from './api/exporter-status-module.js';

export interface ExporterModuleOptions {
  readonly operations: OperationsOptions;
  readonly status: ExporterStatusOptions;
}

/** The exporter's root module: health, readiness, metrics, its status. The work is done by its transport strategy. */
@Module({})
export class ExporterModule {
  static forRoot({ operations, status }: ExporterModuleOptions): DynamicModule {
    return {
      module: ExporterModule,
      imports: [OperationsModule.forRoot(operations), ExporterStatusModule.forRoot(status)],
    };
  }
}
