import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { consoleAsset, consolePage } from './console-files.js';
import type { ConsoleFile } from './console-files.js';
import { missingPage } from './missing-page.js';

/** Where the built console lies; a token, since it is a text. */
export const consoleFolder = 'CONSOLE_FOLDER';

/** What is used of Fastify's reply. */
interface Reply {
  code(status: number): Reply;
  headers(values: Readonly<Record<string, string>>): Reply;
  send(body: Buffer | string): Reply;
}

const policy = [
  "default-src 'none'",
  "connect-src 'self'",
  "img-src 'self'",
  "script-src 'self'",
  "style-src 'self'",
  "worker-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const guards = {
  'content-security-policy': policy,
  'cross-origin-opener-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const send = (reply: Reply, { contentType, body }: ConsoleFile, cacheControl: string): void => {
  reply.headers({ ...guards, 'content-type': contentType, 'cache-control': cacheControl }).send(body);
};

/**
 * The console: its page at each path that is its own, so that an address can be opened anew, and its files. Paths of the
 * API are never answered with the page.
 */
@Controller()
export class PageController {
  readonly #folder: string;

  constructor(@Inject(consoleFolder) folder: string) {
    this.#folder = folder;
  }

  @Get([
    '',
    'search',
    'trace/:id',
    'compare',
    'running',
    'running/*',
    'pipeline',
    'pipeline/*',
    'dead-letters',
    'dead-letters/*',
    'replay',
    'replay/*',
  ])
  async page(@Res() reply: Reply): Promise<void> {
    send(reply, (await consolePage(this.#folder)) ?? missingPage, 'no-cache');
  }

  @Get('assets/:name')
  async asset(@Param('name') name: string, @Res() reply: Reply): Promise<void> {
    const file = await consoleAsset(this.#folder, name);
    // Its name has the hash of its content.
    if (file !== undefined) send(reply, file, 'public, max-age=31536000, immutable');
    else
      reply
        .code(404)
        .headers({ ...guards, 'content-type': 'text/plain; charset=utf-8' })
        .send('not found\n');
  }
}
