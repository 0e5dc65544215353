import type { LoggerService } from '@nestjs/common';
import type { Logger } from './logger.js';

/** Nest's own start-up talk, of use only to who debugs Nest. */
const chatter = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
  'NestMicroservice',
]);

const contextOf = (rest: readonly unknown[]): string | undefined => {
  const last = rest.at(-1);
  return typeof last === 'string' ? last : undefined;
};

/** Carries what Nest logs into `logger`; its start-up messages become debug lines. */
export const nestLogger = (logger: Logger): LoggerService => {
  const at =
    (level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal') =>
    (message: unknown, ...rest: unknown[]): void => {
      const context = contextOf(rest);
      const actual = level === 'info' && context !== undefined && chatter.has(context) ? 'debug' : level;
      if (message instanceof Error) logger[actual]({ err: message, context }, message.message);
      else if (typeof message === 'string') logger[actual]({ context }, message);
      else logger[actual]({ context, detail: message }, 'from Nest');
    };
  return {
    log: at('info'),
    error: at('error'),
    warn: at('warn'),
    debug: at('debug'),
    verbose: at('trace'),
    fatal: at('fatal'),
  };
};
