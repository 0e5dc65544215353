import type { HttpServer, Logger, ReadinessIndicator } from '@kaizen-trace/service-kit';
import type { ConsoleSettings } from '@kaizen-trace/settings';
import { openForwarding, type Forwarding } from '../forwarding/forward.js';
import { jaegerAt } from '../forwarding/jaeger.js';
import type { ForwardLimits, ForwardOutcome } from '../forwarding/passage.js';
import { createGatewayProxy, type GatewayProxy } from '../gateway-proxy/gateway-proxy-module.js';
import { builtConsole, consolePage } from '../page/console-files.js';
import { serveQueries } from '../serve-queries.js';
import { consoleMetrics, type Asked } from './console-metrics.js';
import { ConsoleModule } from './console.module.js';

/** Whom the console asks, and to whom it is open. */
export interface ConsoleOptions extends ConsoleSettings {
  readonly logger: Logger;
  /** Where the built console lies; default where `npm run build` puts it. */
  readonly consoleDir?: string;
  /** Whether `/metrics` has the process's own too; default true. */
  readonly processMetrics?: boolean;
  /** How much Jaeger is asked at once, and how long it may take. */
  readonly jaegerLimits?: Partial<ForwardLimits>;
}

/** A console that runs. */
export interface RunningConsole {
  /** Without a slash at its end. */
  readonly url: string;
  readonly port: number;
  /** Lets go of whom it asked, then closes. Idempotent. */
  close(): Promise<void>;
}

/** A search in much data takes its time; who only reads sends no body. */
const usualJaegerLimits: Partial<ForwardLimits> = { maxBodyBytes: 0, answerMs: 60_000 };

/** Without the page there is nothing to see here; Jaeger and the gateway may be away, and the page says so. */
const pageIsBuilt = (folder: string): ReadinessIndicator => ({
  name: 'page',
  check: async () =>
    (await consolePage(folder)) === undefined
      ? { type: 'not-ready', reason: 'the console has not been built: run `npm run build`' }
      : { type: 'ready' },
});

/** Tells once that a service is away, and once that it answers again. */
const tellingChanges = (logger: Logger, to: Asked): ((outcome: ForwardOutcome) => void) => {
  let isAway = false;
  return (outcome) => {
    if (outcome === 'answered' && isAway) logger.info({ to }, 'answers again');
    if ((outcome === 'away' || outcome === 'late') && !isAway)
      logger.warn({ to, outcome }, 'does not answer; the console says so to those who look');
    if (outcome === 'answered') isAway = false;
    else if (outcome === 'away' || outcome === 'late') isAway = true;
  };
};

interface Parts {
  readonly jaeger: Forwarding;
  readonly proxy: GatewayProxy;
  readonly metrics: ReturnType<typeof consoleMetrics>;
}

const openParts = (options: ConsoleOptions): Parts => {
  const { logger, gatewayKey } = options;
  const metrics = consoleMetrics(
    (to) => (to === 'jaeger' ? jaeger.underWay() : (proxy.current()?.underWay() ?? 0)),
    options.processMetrics ?? true,
  );
  const outcomesOf = (to: Asked): ((outcome: ForwardOutcome) => void) => {
    const tell = tellingChanges(logger, to);
    return (outcome) => {
      metrics.count(to, outcome);
      tell(outcome);
    };
  };
  const jaeger = openForwarding(jaegerAt(options.jaegerUrl), {
    limits: { ...usualJaegerLimits, ...options.jaegerLimits },
    onOutcome: outcomesOf('jaeger'),
  });
  const proxy = createGatewayProxy({ logger, key: gatewayKey, onOutcome: outcomesOf('gateway') });
  proxy.point(options.gatewayUrl);
  return { jaeger, proxy, metrics };
};

/**
 * Serves the console over a Jaeger's query API, for reading, and a gateway's operating API, both of which may come and
 * go.
 *
 * @throws PortInUseError, StartError where the port cannot be had, or where it would be open to other machines without
 * keys.
 */
export const openConsole = async (options: ConsoleOptions): Promise<RunningConsole> => {
  const { logger, consoleDir = builtConsole } = options;
  const { jaeger, proxy, metrics } = openParts(options);
  const letGo = (): void => {
    jaeger.close();
    proxy.close();
  };
  let server: HttpServer;
  try {
    server = await serveQueries({
      ...options,
      module: ConsoleModule.forSettings({
        jaeger,
        gateway: proxy,
        consoleDir,
        operations: {
          metrics: metrics.registry,
          prefix: 'kaizen_console',
          indicators: [pageIsBuilt(consoleDir)],
        },
      }),
      port: options.consolePort,
      variable: 'KAIZEN_CONSOLE_PORT',
      logger,
    });
  } catch (error) {
    letGo();
    throw error;
  }
  return {
    url: server.url,
    port: server.port,
    close: () => {
      letGo();
      return server.close();
    },
  };
};
