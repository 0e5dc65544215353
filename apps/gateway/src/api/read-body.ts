import { BadRequestException, PayloadTooLargeException } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { drain } from '../drain.js';

const maxBodyBytes = 1024 * 1024;

/**
 * The body of a request as text.
 *
 * @throws PayloadTooLargeException over 1 MiB, after which the connection goes on; BadRequestException where it breaks off.
 */
export const readBody = async ({ raw }: FastifyRequest, reply: FastifyReply): Promise<string> => {
  // The server leaves it to whoever reads a body to ask for it.
  if (raw.headers.expect !== undefined) reply.raw.writeContinue();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    const body: AsyncIterable<Uint8Array> = raw.iterator({ destroyOnReturn: false });
    for await (const chunk of body) {
      size += chunk.length;
      if (size > maxBodyBytes) break;
      chunks.push(chunk);
    }
  } catch {
    throw new BadRequestException('the body breaks off');
  }
  if (size > maxBodyBytes) {
    drain(raw);
    throw new PayloadTooLargeException(`over ${maxBodyBytes} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
};
