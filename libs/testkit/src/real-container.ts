import type * as testcontainers from 'testcontainers';
import type { GenericContainer, StartedTestContainer, WaitStrategy } from 'testcontainers';
import { progress } from './real-cache.js';
import type { Attempt } from './real-part.js';

/** The library, loaded only where a container is tried: it takes a second, and most machines of CI have no engine. */
export type Containers = typeof testcontainers;

const within = async <T>(ms: number, what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms / 1000} s`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
};

/** Which container to start, and when it counts as ready. */
export interface ContainerPlan {
  readonly image: string;
  readonly configure: (container: GenericContainer) => GenericContainer;
  /** When it is ready. */
  readonly wait: (containers: Containers) => WaitStrategy;
}

/** A container whose ports answer on loopback alone; testcontainers itself publishes them on every interface. */
const onLoopback = ({ GenericContainer: Container }: Containers, image: string): GenericContainer =>
  new (class extends Container {
    protected override beforeContainerCreated = (): Promise<void> => {
      const published = (this.hostConfig.PortBindings ?? {}) as Record<string, { HostIp?: string }[]>;
      for (const binding of Object.values(published).flat()) binding.HostIp = '127.0.0.1';
      return Promise.resolve();
    };
  })(image);

/**
 * Starts a container where an engine answers and has the image or can pull it within 90 s. Inside another container
 * testcontainers takes the bridge's address for the host: `TESTCONTAINERS_HOST_OVERRIDE=localhost` tells it better.
 */
export const startContainer = async (plan: ContainerPlan): Promise<Attempt<StartedTestContainer>> => {
  const containers = await import('testcontainers');
  const engine = await within(
    5000,
    'looking for a container engine',
    containers.getContainerRuntimeClient(),
  ).catch(() => undefined);
  if (engine === undefined) return { type: 'no', reason: 'no container engine answers' };
  const name = containers.ImageName.fromString(plan.image);
  if (!(await within(5000, 'asking for the image', engine.image.exists(name)))) {
    progress(`pulling ${plan.image}`);
    await within(90_000, `pulling ${plan.image}`, engine.image.pull(name));
  }
  const container = plan.configure(onLoopback(containers, plan.image));
  const waiting = container.withWaitStrategy(plan.wait(containers)).withStartupTimeout(60_000);
  return { type: 'found', part: await within(90_000, `starting ${plan.image}`, waiting.start()) };
};
