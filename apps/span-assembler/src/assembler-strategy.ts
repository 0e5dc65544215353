import type { Assembler } from '@kaizen-trace/assembler-runtime';
import type { CustomTransportStrategy } from '@nestjs/microservices';
import { Server } from '@nestjs/microservices';

/**
 * NestJS's way into the event log. Nest's own Kafka transport handles messages one by one, outside of any transaction,
 * and passes over what has no handler; here the runtime owns reading, folding and committing, and Nest its life.
 */
export class AssemblerStrategy extends Server implements CustomTransportStrategy {
  readonly #open: () => Promise<Assembler>;
  #assembler: Assembler | undefined;

  constructor(open: () => Promise<Assembler>) {
    super();
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

  /** Records are folded, not dispatched to handlers, so there are no events to listen to. */
  on(): void {
    // Required by the base class.
  }

  /** The assembler behind the transport, once it listens. */
  unwrap<T>(): T {
    return this.#assembler as T;
  }
}
