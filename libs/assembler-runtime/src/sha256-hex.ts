import { hash } from 'node:crypto';
import type { Sha256Hex } from '@kaizen-trace/assembler-core';

/** SHA-256 of the UTF-8 text, as 64 lower-case hex digits, by Node's one-shot hash. */
export const sha256Hex: Sha256Hex = (text) => hash('sha256', text, 'hex');
