import {
  Controller,
  Get,
  Header,
  Inject,
  Module,
  ServiceUnavailableException,
  type DynamicModule,
} from '@nestjs/common';
import type { Registry } from 'prom-client';
import { checkReadiness, type ReadinessIndicator, type ReadinessReport } from './readiness.js';

/** What the three endpoints show. */
export interface OperationsOptions {
  readonly metrics: Registry;
  readonly indicators: readonly ReadinessIndicator[];
}

const operationsOptions = Symbol('operationsOptions');

@Controller()
class OperationsController {
  readonly #options: OperationsOptions;

  constructor(@Inject(operationsOptions) options: OperationsOptions) {
    this.#options = options;
  }

  @Get('healthz')
  @Header('cache-control', 'no-store')
  health(): { readonly status: 'alive' } {
    return { status: 'alive' };
  }

  @Get('readyz')
  @Header('cache-control', 'no-store')
  async readiness(): Promise<ReadinessReport> {
    const report = await checkReadiness(this.#options.indicators);
    if (report.status === 'not-ready') throw new ServiceUnavailableException(report);
    return report;
  }

  @Get('metrics')
  @Header('content-type', 'text/plain; version=0.0.4; charset=utf-8')
  async samples(): Promise<string> {
    return this.#options.metrics.metrics();
  }
}

/**
 * `/healthz` (200 while the process lives), `/readyz` (200, or 503 with what is not ready) and `/metrics` (Prometheus
 * text). Import it into a service's root module.
 */
@Module({})
export class OperationsModule {
  static forRoot(options: OperationsOptions): DynamicModule {
    return {
      module: OperationsModule,
      controllers: [OperationsController],
      providers: [{ provide: operationsOptions, useValue: options }],
    };
  }
}
