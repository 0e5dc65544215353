import type { Brand } from './brand.js';

/** Microseconds since the Unix epoch: when an agent says that it happened. `bigint`, since the range passes 2^53. */
export type Micros = Brand<bigint, 'Micros'>;

/** Nanoseconds since the Unix epoch: the unit of a span's interval. */
export type Nanos = Brand<bigint, 'Nanos'>;

/** Milliseconds since the Unix epoch: the append time of a log record, which alone drives stream time. */
export type Millis = Brand<number, 'Millis'>;

/** Brands a number of microseconds. */
export const micros = (value: bigint): Micros => value as Micros;
/** Brands a number of nanoseconds. */
export const nanos = (value: bigint): Nanos => value as Nanos;
/** Brands a number of milliseconds. */
export const millis = (value: number): Millis => value as Millis;
