import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { OperationsModule } from '@kaizen-trace/service-kit';
import type { OperationsOptions } from '@kaizen-trace/service-kit';
import { PageController } from './page/page.controller.js';
import { QueryController } from './query/query.controller.js';
import { QueryService } from './query/query-service.js';
import type { QueryLimits } from './query/query-service.js';
import type { TraceStore } from './store/trace-store.js';

/** What the module serves. */
export interface TraceStoreModuleOptions {
  /** Open; whoever opened it closes it, after the application. */
  readonly store: TraceStore;
  readonly limits: QueryLimits;
  readonly operations: OperationsOptions;
}

/** Root module: the query API and the start page over a store that is open, with health, readiness and metrics. */
@Module({})
export class TraceStoreModule {
  static forSettings({ store, limits, operations }: TraceStoreModuleOptions): DynamicModule {
    return {
      module: TraceStoreModule,
      imports: [OperationsModule.forRoot(operations)],
      controllers: [QueryController, PageController],
      providers: [{ provide: QueryService, useValue: new QueryService(store, limits) }],
    };
  }
}
