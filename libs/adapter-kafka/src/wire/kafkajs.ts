import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import type { SASLOptions } from 'kafkajs';

// The one file that knows kafkajs's insides. Its public consumer and producers cannot do what the ports promise (see
// docs/decisions/0003); its connections, metadata, coordinators and SASL can. 2.2.4 is the last release, pinned exactly.

/** What kafkajs logs through. */
export interface WireLogger {
  debug(message: string, extra?: object): void;
  info(message: string, extra?: object): void;
  warn(message: string, extra?: object): void;
  error(message: string, extra?: object): void;
  namespace(name: string): WireLogger;
}

/** A request of our own encoding, sent over kafkajs's connection. */
export interface WireRequest<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    /** `buf` is what kafkajs checks for, `buffer` what it copies. */
    readonly encode: () => Promise<{ readonly buf: Buffer; readonly buffer: Buffer }>;
  };
  readonly response: {
    readonly decode: (raw: Buffer) => Promise<T>;
    readonly parse: (decoded: T) => Promise<T>;
  };
  readonly requestTimeout?: number;
}

/** Some partitions of a topic. */
export interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

interface Transaction {
  readonly transactionalId: string;
  readonly producerId: string;
  readonly producerEpoch: number;
}

interface PartitionOffset {
  readonly partition: number;
  readonly offset: string;
}

/** A member as the group's leader and `describeGroups` see it. */
export interface GroupProtocolMember {
  readonly memberId: string;
  readonly memberMetadata: Buffer;
}

/** The part of kafkajs's broker that we use; each call is one request, and rejects with kafkajs's errors. */
export interface WireBroker {
  readonly nodeId: string | number;
  readonly connectionPool: { send<T>(request: WireRequest<T>): Promise<T> };
  /** What the broker understands, by the number of each request; null before the connection. */
  readonly versions: Readonly<Record<number, { readonly maxVersion: number } | undefined>> | null;
  metadata(topics: readonly string[]): Promise<WireMetadata>;
  listOffsets(request: {
    readonly replicaId?: number;
    readonly isolationLevel: number;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number; readonly timestamp: number }[];
    }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly PartitionOffset[] }[] }>;
  initProducerId(request: {
    readonly transactionalId?: string;
    readonly transactionTimeout: number;
  }): Promise<{ readonly producerId: string; readonly producerEpoch: number }>;
  addPartitionsToTxn(
    request: Transaction & { readonly topics: readonly TopicPartitions[] },
  ): Promise<unknown>;
  addOffsetsToTxn(request: Transaction & { readonly groupId: string }): Promise<unknown>;
  txnOffsetCommit(
    request: Transaction & {
      readonly groupId: string;
      readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionOffset[] }[];
    },
  ): Promise<unknown>;
  endTxn(request: Transaction & { readonly transactionResult: boolean }): Promise<unknown>;
  offsetFetch(request: {
    readonly groupId: string;
    readonly topics: readonly {
      readonly topic: string;
      readonly partitions: readonly { readonly partition: number }[];
    }[];
  }): Promise<{ readonly responses: readonly { readonly partitions: readonly PartitionOffset[] }[] }>;
  offsetCommit(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
    readonly topics: readonly { readonly topic: string; readonly partitions: readonly PartitionOffset[] }[];
  }): Promise<unknown>;
  joinGroup(request: {
    readonly groupId: string;
    readonly sessionTimeout: number;
    readonly rebalanceTimeout: number;
    readonly memberId: string;
    readonly groupProtocols: readonly { readonly name: string; readonly metadata: Buffer }[];
  }): Promise<{
    readonly generationId: number;
    readonly leaderId: string;
    readonly memberId: string;
    readonly members: readonly GroupProtocolMember[];
  }>;
  syncGroup(request: {
    readonly groupId: string;
    readonly generationId: number;
    readonly memberId: string;
    readonly groupAssignment: readonly { readonly memberId: string; readonly memberAssignment: Buffer }[];
  }): Promise<{ readonly memberAssignment: Buffer }>;
  heartbeat(request: {
    readonly groupId: string;
    readonly groupGenerationId: number;
    readonly memberId: string;
  }): Promise<unknown>;
  /** State and members; metadata and assignments are empty but in state `Stable`. */
  describeGroups(request: { readonly groupIds: readonly string[] }): Promise<{
    readonly groups: readonly {
      readonly state: string;
      readonly members: readonly (GroupProtocolMember & { readonly memberAssignment: Buffer })[];
    }[];
  }>;
  describeConfigs(request: {
    readonly resources: readonly {
      readonly type: number;
      readonly name: string;
      readonly configNames: readonly string[];
    }[];
  }): Promise<{
    readonly resources: readonly {
      readonly configEntries: readonly { readonly configName: string; readonly configValue: string }[];
    }[];
  }>;
  leaveGroup(request: { readonly groupId: string; readonly memberId: string }): Promise<unknown>;
}

/** Which broker leads each partition. */
export interface WireMetadata {
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly partitionMetadata: readonly { readonly partitionId: number; readonly leader: number }[];
  }[];
}

/** The part of kafkajs's cluster that we use. */
export interface WireCluster {
  connect(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  refreshMetadata(): Promise<void>;
  findTopicPartitionMetadata(topic: string): WireMetadata['topicMetadata'][number]['partitionMetadata'];
  findBroker(node: { readonly nodeId: string | number }): Promise<WireBroker>;
  findControllerBroker(): Promise<WireBroker>;
  findGroupCoordinator(group: {
    readonly groupId: string;
    readonly coordinatorType: number;
  }): Promise<WireBroker>;
}

/** What kafkajs's cluster takes. */
export interface WireClusterOptions {
  readonly logger: WireLogger;
  readonly socketFactory: (target: {
    readonly host: string;
    readonly port: number;
    readonly ssl?: object;
    readonly onConnect: () => void;
  }) => Socket;
  readonly brokers: readonly string[];
  readonly clientId: string;
  readonly ssl?: object;
  readonly sasl?: SASLOptions;
  readonly connectionTimeout: number;
  readonly authenticationTimeout: number;
  readonly reauthenticationThreshold: number;
  readonly requestTimeout: number;
  readonly enforceRequestTimeout: boolean;
  readonly metadataMaxAge: number;
  readonly allowAutoTopicCreation: boolean;
  readonly maxInFlightRequests: null;
  readonly isolationLevel: number;
  readonly retry: {
    readonly initialRetryTime: number;
    readonly maxRetryTime: number;
    readonly retries: number;
    readonly factor: number;
    readonly multiplier: number;
  };
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

const load: (id: string) => unknown = createRequire(import.meta.url);

// kafkajs arms a timer after every response, with a negative time when nothing throttles it (its issue 1751); Node 24
// warns of that. With nothing pending there is nothing to check, so the timer is left out, and the warning with it.
let mended = false;

/** To be called before the first connection. */
export const mendTimers = (): void => {
  if (mended) return;
  mended = true;
  const { prototype } = load('kafkajs/src/network/requestQueue') as { readonly prototype: RequestQueue };
  const schedule = Reflect.get<RequestQueue, 'scheduleCheckPendingRequests'>(
    prototype,
    'scheduleCheckPendingRequests',
  );
  prototype.scheduleCheckPendingRequests = function (this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) schedule.call(this);
  };
};

interface Insides {
  readonly Cluster: ClusterClass;
}

type ClusterClass = new (options: WireClusterOptions) => WireCluster;

/** kafkajs's cluster: connections to each broker (one for fetching, one for the rest), and metadata. */
export const createCluster = (options: WireClusterOptions): WireCluster => {
  mendTimers();
  const { Cluster } = { Cluster: load('kafkajs/src/cluster') } as Insides;
  return new Cluster(options);
};
