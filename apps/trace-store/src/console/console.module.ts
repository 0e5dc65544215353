import { Module, type DynamicModule } from '@nestjs/common';
import { OperationsModule, type OperationsOptions } from '@kaizen-trace/service-kit';
import type { Forwarding } from '../forwarding/forward.js';
import { GatewayProxyModule, type GatewayProxy } from '../gateway-proxy/gateway-proxy-module.js';
import { consoleFolder, PageController } from '../page/page.controller.js';
import { JaegerController, jaegerForwarding } from './jaeger-controller.js';

/** What the module serves. */
export interface ConsoleModuleOptions {
  /** Open; whoever opened it closes it. */
  readonly jaeger: Forwarding;
  readonly gateway: GatewayProxy;
  /** Where the built console lies. */
  readonly consoleDir: string;
  readonly operations: OperationsOptions;
}

/** Root module: the console over a Jaeger and a gateway elsewhere, with health, readiness and metrics. */
@Module({})
export class ConsoleModule {
  static forSettings({ jaeger, gateway, consoleDir, operations }: ConsoleModuleOptions): DynamicModule {
    return {
      module: ConsoleModule,
      imports: [OperationsModule.forRoot(operations), GatewayProxyModule.forRoot(gateway)],
      controllers: [JaegerController, PageController],
      providers: [
        { provide: jaegerForwarding, useValue: jaeger },
        { provide: consoleFolder, useValue: consoleDir },
      ],
    };
  }
}
