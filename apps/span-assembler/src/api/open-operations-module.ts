import type { OpenOperationsPage, OpenOperationsQuery, OpenPageJson } from '@kaizen-trace/assembler-runtime';
import { openPageToJson, readOpenQuery } from '@kaizen-trace/assembler-runtime';
import { duration } from '@kaizen-trace/settings';
import {
  BadRequestException,
  Controller,
  Get,
  Header,
  Inject,
  Module,
  Query,
  type DynamicModule,
} from '@nestjs/common';

/** Looks at the open operations of the partitions held now. */
export type ScanOpen = (query: OpenOperationsQuery) => Promise<OpenOperationsPage>;

/** What an assembler that holds nothing has to show. */
export const nothingOpen: OpenOperationsPage = { operations: [], more: false, partitions: [] };

export interface OpenOperationsOptions {
  readonly scan: ScanOpen;
}

const openOperationsOptions = Symbol('openOperationsOptions');

const milliseconds = (text: string): number | undefined => {
  const outcome = duration().parse(text);
  return outcome.type === 'parsed' ? outcome.value : undefined;
};

@Controller('api')
class OpenOperationsController {
  readonly #options: OpenOperationsOptions;

  constructor(@Inject(openOperationsOptions) options: OpenOperationsOptions) {
    this.#options = options;
  }

  /** One page of what runs in this assembler's partitions. */
  @Get('open-operations')
  @Header('cache-control', 'no-store')
  async list(@Query() parameters: Readonly<Record<string, unknown>>): Promise<OpenPageJson> {
    const now = Date.now();
    const reading = readOpenQuery(parameters, { now, duration: milliseconds });
    if (reading.type === 'refused') throw new BadRequestException(`${reading.field} ${reading.reason}`);
    return openPageToJson(await this.#options.scan(reading.query), now);
  }
}

/** `GET /api/open-operations` of one assembler. It asks for no key: it is for the gateway, on the host it listens on. */
@Module({})
export class OpenOperationsModule {
  static forRoot(options: OpenOperationsOptions): DynamicModule {
    return {
      module: OpenOperationsModule,
      controllers: [OpenOperationsController],
      providers: [{ provide: openOperationsOptions, useValue: options }],
    };
  }
}
