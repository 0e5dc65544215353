import { Module, type DynamicModule } from '@nestjs/common';
import { OperationsModule, type OperationsOptions } from '@kaizen-trace/service-kit';

/** The exporter's root module: health, readiness and metrics. The work is done by its transport strategy. */
@Module({})
export class ExporterModule {
  static forRoot(operations: OperationsOptions): DynamicModule {
    return { module: ExporterModule, imports: [OperationsModule.forRoot(operations)] };
  }
}
