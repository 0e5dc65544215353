import { PayloadTooLargeException } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const maxBodyBytes = 1024 * 1024;

/** The body of a request as text. @throws PayloadTooLargeException over 1 MiB. */
export const readBody = async (request: FastifyRequest): Promise<string> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.raw as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBodyBytes) throw new PayloadTooLargeException(`over ${maxBodyBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
};
