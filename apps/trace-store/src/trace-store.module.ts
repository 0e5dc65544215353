import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { OperationsModule } from '@kaizen-trace/service-kit';
import type { OperationsOptions } from '@kaizen-trace/service-kit';
import { GatewayProxyModule, type GatewayProxy } from './gateway-proxy/gateway-proxy-module.js';
import { consoleFolder, PageController } from './page/page.controller.js';
import { QueryController } from './query/query.controller.js';
import { QueryService } from './query/query-service.js';
import type { QueryLimits } from './query/query-service.js';
import type { TraceStore } from './store/trace-store.js';

/** What the module serves. */
export interface TraceStoreModuleOptions {
  /** Open; whoever opened it closes it, after the application. */
  readonly store: TraceStore;
  readonly limits: QueryLimits;
  /** Where the built console lies. */
  readonly consoleDir: string;
  readonly operations: OperationsOptions;
  /** Whose operating API is served here too. */
  readonly gateway: GatewayProxy;
}

/** Root module: the query API and the console over a store that is open, with health, readiness and metrics. */
@Module({})
export class TraceStoreModule {
  static forSettings({
    store,
    limits,
    consoleDir,
    operations,
    gateway,
  }: TraceStoreModuleOptions): DynamicModule {
    return {
      module: TraceStoreModule,
      imports: [OperationsModule.forRoot(operations), GatewayProxyModule.forRoot(gateway)],
      controllers: [QueryController, PageController],
      providers: [
        { provide: QueryService, useValue: new QueryService(store, limits) },
        { provide: consoleFolder, useValue: consoleDir },
      ],
    };
  }
}
