import type { Assembler } from '@kaizen-trace/assembler-runtime';
import type { CustomTransportStrategy } from '@nestjs/microservices';

/**
 * NestJS's way into the event log. Nest's own Kafka transport handles messages one by one, outside of any transaction,
 * and passes over what has no handler; here the runtime owns reading, folding and committing, and Nest its life.
 */
export class AssemblerStrategy implements CustomTransportStrategy {
  readonly #open: () => Promise<Assembler>;
  #assembler: Assembler | undefined;

  constructor(open: () => Promise<Assembler>) {
    this.#open = open;
  }

  /** Joins the consumer group; `callback` gets the error where that fails. */
  listen(callback: (error?: unknown) => void): void {
    this.#open().then(
      (assembler) => {
        this.#assembler = assembler;
        callback();
      },
      (error: unknown) => callback(error),
    );
  }

  /** Commits what is held and leaves the group. */
  async close(): Promise<void> {
    await this.#assembler?.close();
  }

  /** The assembler behind the transport, once it listens. */
  unwrap(): Assembler | undefined {
    return this.#assembler;
  }
}
