import { parentPort, workerData } from 'node:worker_threads';
import { unreachable } from '@kaizen-trace/contracts';
import { createStderrLogger } from '@kaizen-trace/service-kit';
import { openTraceStore, type RunningTraceStore } from '@kaizen-trace/trace-store';
import type { ThreadMessage, ThreadOptions, ThreadRequest } from './trace-store-thread.js';

const port = parentPort;
if (port === null) throw new Error('this is the trace store of `kaizen-trace up`, not a program');

const say = (message: ThreadMessage): void => port.postMessage(message);
const { store, logLevel, pretty } = workerData as ThreadOptions;
const logger = createStderrLogger(
  { service: 'trace-store', level: logLevel },
  { isTTY: pretty, write: (line) => say({ type: 'log', line }) },
);

const close = (running: RunningTraceStore): void => {
  running.close().then(
    () => port.close(),
    (error: unknown) => {
      logger.error({ err: error }, 'the trace store could not be closed in order');
      port.close();
    },
  );
};

const obey = (running: RunningTraceStore): void => {
  port.on('message', (request: ThreadRequest) => {
    switch (request.type) {
      case 'close':
        close(running);
        return;
      case 'gateway':
        running.pointAtGateway(request.url);
        return;
      default:
        unreachable(request);
    }
  });
};

try {
  const running = await openTraceStore({ ...store, logger });
  obey(running);
  say({ type: 'running', queryUrl: running.queryUrl, otlpPort: running.otlpPort });
} catch (error) {
  const message = error instanceof Error ? error.message : String(error);
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  say({ type: 'failed', message, remedied: code.startsWith('KAIZEN_') });
  port.close();
}
