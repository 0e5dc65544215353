import { exporterStatusPath, type ExporterStatusJson } from '@kaizen-trace/operating';
import { namesLoopback } from '@kaizen-trace/service-kit';
import {
  Controller,
  ForbiddenException,
  Get,
  Header,
  Headers,
  Inject,
  Module,
  type DynamicModule,
} from '@nestjs/common';

export interface ExporterStatusOptions {
  readonly status: () => Promise<ExporterStatusJson>;
  /** Whether it listens on loopback only: then no request for another host name is served, as a web page's might be. */
  readonly loopback: boolean;
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
  async show(@Headers('host') host: string | undefined): Promise<ExporterStatusJson> {
    if (this.#options.loopback && !namesLoopback({ host }))
      throw new ForbiddenException('only requests to localhost are served here');
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
