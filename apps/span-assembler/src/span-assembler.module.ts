import type { DynamicModule } from '@nestjs/common';
import { Module } from '@nestjs/common';

/** Root module: the service's HTTP side. Its work comes in through the transport strategy, not through controllers. */
@Module({})
export class SpanAssemblerModule {
  static forRoot(...imports: readonly DynamicModule[]): DynamicModule {
    return { module: SpanAssemblerModule, imports: [...imports] };
  }
}
