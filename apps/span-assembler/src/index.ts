export { openSpanAssembler } from './open-span-assembler.js';
export type { SpanAssembler, SpanAssemblerOptions } from './open-span-assembler.js';
export { SpanAssemblerModule } from './span-assembler.module.js';
