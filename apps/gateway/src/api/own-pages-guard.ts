import { namesLoopback } from '@kaizen-trace/service-kit';
import {
  ForbiddenException,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

const reading: readonly string[] = ['GET', 'HEAD', 'OPTIONS'];

/** Whether the page that sends this was served by this machine; `null` is the origin of pages that hide theirs. */
const isOwn = (origin: string): boolean =>
  URL.canParse(origin) && namesLoopback({ host: new URL(origin).host });

/** Whether it shows a key. No page of another site can add these headers without being refused first. */
const showsKey = ({ headers }: FastifyRequest): boolean =>
  headers.authorization !== undefined || headers['x-api-key'] !== undefined;

/**
 * Lets no page of another site change anything: what changes something is JSON, which a page may not send elsewhere
 * unasked, and without a key comes from a page of this machine, or from none.
 */
export class OwnPagesGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (reading.includes(request.method)) return true;
    const { origin, 'content-type': type } = request.headers;
    if (origin !== undefined && !showsKey(request) && !isOwn(origin))
      throw new ForbiddenException('without an API key only pages of this machine may change anything');
    if (type !== 'application/json') throw new UnsupportedMediaTypeException('send application/json');
    return true;
  }
}
