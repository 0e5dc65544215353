import { ownKafka, type OwnKafka } from '../real-kafka.js';
import { startFaultyProxy, type FaultyProxy } from './faulty-proxy.js';
import { openTransactionWatch, type TransactionWatch } from './transaction-watch.js';

/** A broker of the caller's own that sends every client through a proxy which can break their connections. */
export interface ProxiedKafka extends OwnKafka {
  /** What clients are told: the proxy. `brokers` is the way past it, for those who look on. */
  readonly proxiedBrokers: readonly string[];
  readonly proxy: FaultyProxy;
  /** Where the transactions of those behind the proxy stand. */
  readonly watch: TransactionWatch;
}

/** @throws RealPartUnavailable where the broker cannot be built. */
export const proxiedKafka = async (): Promise<ProxiedKafka> => {
  const watch = openTransactionWatch();
  const proxy = await startFaultyProxy(watch);
  try {
    const kafka = await ownKafka({ advertisedPort: proxy.port });
    proxy.forwardTo(kafka.clientPort);
    return {
      ...kafka,
      proxy,
      watch,
      proxiedBrokers: [`127.0.0.1:${proxy.port}`],
      stop: async () => {
        await proxy.stop();
        await kafka.stop();
      },
    };
  } catch (error) {
    await proxy.stop();
    throw error;
  }
};
