import { exporterStatusPath, type ExporterStatusJson } from '@kaizen-trace/operating';
import { Controller, Get, Header, Inject, Module, type DynamicModule } from '@nestjs/common';

export interface ExporterStatusOptions {
  readonly status: () => Promise<ExporterStatusJson>;
}

const exporterStatusOptions = Symbol('exporterStatusOptions');

@Controller()
class ExporterStatusController {
  readonly #options: ExporterStatusOptions;

  constructor(@Inject(exporterStatusOptions) options: ExporterStatusOptions) {
    this.#options = options;
  }

  /** Where this exporter stands, and whether its backend takes spans. */
  @Get(exporterStatusPath)
  @Header('cache-control', 'no-store')
  show(): Promise<ExporterStatusJson> {
    return this.#options.status();
  }
}

/** `GET /api/exporter`. It asks for no key: it is for the gateway, on the host it listens on. */
@Module({})
export class ExporterStatusModule {
  static forRoot(options: ExporterStatusOptions): DynamicModule {
    return {
      module: ExporterStatusModule,
      controllers: [ExporterStatusController],
      providers: [{ provide: exporterStatusOptions, useValue: options }],
    };
  }
}
