import { setTimeout as sleep } from 'node:timers/promises';
import { unreachable } from '@kaizen-trace/contracts';
import type { ProxiedKafka } from './proxied-kafka.js';
import type { Chance } from './random.js';
import type { Service } from './service.js';
import type { Moment } from './transaction-watch.js';

/** What goes wrong. */
export type ChaosFault =
  | 'kill'
  | 'freeze'
  | 'restart-broker'
  | 'reset'
  | 'stall-answers'
  | 'stall-everything'
  | 'delay'
  | 'kill-exporter'
  | 'backend-away';

type RandomFault = Exclude<ChaosFault, 'backend-away'>;

/** Kills of assemblers, by where the killed process stood. */
export interface KillCounts {
  readonly all: number;
  /** Of its transactions at least one was between the first send and the request to commit; none further. */
  readonly sending: number;
  /** At least one between the request to commit and its answer. */
  readonly committing: number;
}

/** What was done to the pipeline. */
export interface FaultCounts {
  readonly kills: KillCounts;
  readonly others: ReadonlyMap<Exclude<ChaosFault, 'kill'>, number>;
}

export interface FaultOptions {
  readonly chance: Chance;
  readonly kafka: ProxiedKafka;
  readonly assemblers: readonly Service[];
  readonly exporter: Service;
  readonly sessionTimeoutMs: number;
  readonly say: (line: string) => void;
}

/** Breaks the pipeline, one fault after the other. */
export interface FaultInjector {
  /** Draws a fault, does it and mends it. */
  next(): Promise<void>;
  counts(): FaultCounts;
}

// Kills are what most is to be learnt from; the others are there to meet them in every order.
const weights: readonly (readonly [RandomFault, number])[] = [
  ['kill', 75],
  ['freeze', 8],
  ['restart-broker', 4],
  ['reset', 9],
  ['stall-answers', 5],
  ['stall-everything', 4],
  ['delay', 6],
  ['kill-exporter', 4],
];

type KillMoment = Moment | 'any';

const moments: readonly (readonly [KillMoment, number])[] = [
  ['any', 30],
  ['sent', 20],
  ['before-commit', 20],
  ['after-commit', 30],
];

/** How long a kill waits for its moment; then it comes anyway. */
const momentPatienceMs = 15_000;

interface KillPlan {
  readonly victim: Service;
  readonly moment: KillMoment;
  readonly pauseMs: number;
}

class Injector implements FaultInjector {
  readonly #options: FaultOptions;
  readonly #others = new Map<Exclude<ChaosFault, 'kill'>, number>();
  #kills = { all: 0, sending: 0, committing: 0 };

  constructor(options: FaultOptions) {
    this.#options = options;
  }

  counts(): FaultCounts {
    return { kills: { ...this.#kills }, others: new Map(this.#others) };
  }

  async next(): Promise<void> {
    const { chance } = this.#options;
    const fault = chance.weighted(weights);
    const lengthMs = chance.between(1000, 9000);
    if (fault !== 'kill') {
      this.#others.set(fault, (this.#others.get(fault) ?? 0) + 1);
      this.#options.say(fault);
    }
    await this.#do(fault, lengthMs);
    await sleep(chance.between(200, 2500));
  }

  #do(fault: RandomFault, lengthMs: number): Promise<void> {
    const { chance, kafka, exporter } = this.#options;
    switch (fault) {
      case 'kill':
        return this.#kill();
      case 'freeze':
        return this.#freeze(lengthMs);
      case 'restart-broker':
        return this.#restartBroker(lengthMs);
      case 'reset':
        kafka.proxy.reset();
        return Promise.resolve();
      case 'stall-answers':
        return this.#stall('answers', lengthMs);
      case 'stall-everything':
        return this.#stall('everything', lengthMs);
      case 'delay':
        return this.#delay(chance.between(20, 250), lengthMs);
      case 'kill-exporter':
        exporter.crash(chance.between(0, 2000));
        return Promise.resolve();
      default:
        return unreachable(fault);
    }
  }

  async #kill(): Promise<void> {
    const { chance, assemblers } = this.#options;
    const victims = chance.sample(assemblers, chance.between(1, Math.max(1, assemblers.length - 1)));
    const plans = victims.map((victim): KillPlan => ({
      victim,
      moment: chance.weighted(moments),
      pauseMs: chance.between(0, 2000),
    }));
    await Promise.all(plans.map((plan) => this.#killAt(plan)));
  }

  async #killAt({ victim, moment, pauseMs }: KillPlan): Promise<void> {
    const { watch } = this.#options.kafka;
    const strike = (how: string): void => {
      if (!victim.isRunning()) return;
      const { sending, committing } = watch.openOf(victim.name);
      victim.crash(pauseMs);
      this.#kills.all += 1;
      if (committing > 0) this.#kills.committing += 1;
      else if (sending > 0) this.#kills.sending += 1;
      this.#options.say(`kill ${victim.name} ${how}: ${sending} sending, ${committing} committing`);
    };
    if (moment === 'any') {
      strike('at any moment');
      return;
    }
    const { promise, resolve } = Promise.withResolvers<undefined>();
    const giveUp = watch.atNext(moment, victim.name, () => {
      strike(moment);
      resolve(undefined);
    });
    const late = setTimeout(() => {
      giveUp();
      strike(`${moment} did not come`);
      resolve(undefined);
    }, momentPatienceMs);
    await promise;
    clearTimeout(late);
  }

  /** Past the session's end, so that another takes over what the sleeper still believes to hold. */
  async #freeze(extraMs: number): Promise<void> {
    const { chance, assemblers, sessionTimeoutMs } = this.#options;
    const sleeper = chance.pick(assemblers);
    sleeper.freeze();
    await sleep(sessionTimeoutMs + extraMs);
    sleeper.wake();
  }

  async #restartBroker(downMs: number): Promise<void> {
    const { kafka } = this.#options;
    await kafka.crash();
    await sleep(downMs / 3);
    await kafka.restart();
  }

  async #stall(what: 'answers' | 'everything', lengthMs: number): Promise<void> {
    const { proxy } = this.#options.kafka;
    const cut = this.#options.chance.next() < 0.6;
    proxy.stall(what);
    await sleep(lengthMs);
    if (cut) proxy.reset();
    proxy.stall('nothing');
  }

  async #delay(milliseconds: number, lengthMs: number): Promise<void> {
    const { proxy } = this.#options.kafka;
    proxy.delay(milliseconds);
    await sleep(lengthMs);
    proxy.delay(0);
  }
}

/** An injector; what it does follows from the chance alone, when it does it from the pipeline too. */
export const openFaultInjector = (options: FaultOptions): FaultInjector => new Injector(options);
