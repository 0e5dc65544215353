import {
  Controller,
  Get,
  Header,
  Inject,
  Module,
  ServiceUnavailableException,
  type DynamicModule,
  type OnModuleInit,
} from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { Registry } from 'prom-client';
import { countDenied } from './denied-requests.js';
import { checkReadiness, type ReadinessIndicator, type ReadinessReport } from './readiness.js';

/** What the three endpoints show. */
export interface OperationsOptions {
  /** What the service's own metrics begin with, such as `kaizen_gateway`: then requests that are denied are counted. */
  readonly prefix?: string;
  readonly metrics: Registry;
  readonly indicators: readonly ReadinessIndicator[];
}

const operationsOptions = Symbol('operationsOptions');

@Controller()
class OperationsController implements OnModuleInit {
  readonly #options: OperationsOptions;
  readonly #host: HttpAdapterHost<FastifyAdapter>;

  constructor(
    @Inject(operationsOptions) options: OperationsOptions,
    @Inject(HttpAdapterHost) host: HttpAdapterHost<FastifyAdapter>,
  ) {
    this.#options = options;
    this.#host = host;
  }

  onModuleInit(): void {
    const { metrics, prefix } = this.#options;
    if (prefix !== undefined) countDenied(metrics, prefix, this.#host.httpAdapter.getHttpServer());
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
 * text, with a count of the requests that were denied here, whoever denied them). Import it into a service's root module.
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
