import { ByteReader } from './bytes.js';
import { BrokerError } from './errors.js';
import type { WireBroker, WireRequest } from './kafkajs.js';

// Metadata v10, the first with topic ids, of Kafka 2.8; kafkajs stops at v6. Flexible: after the request's header and
// after the response's stands a tag buffer, here empty; lengths are unsigned varints of one more, 0 for null.
// request => tags, topics [id uuid, name string, tags], autoCreate bool, clusterOperations bool, topicOperations bool, tags
// response => tags, throttle int32, brokers [node int32, host string, port int32, rack string, tags], cluster string,
//   controller int32, topics [error int16, name string, id uuid, …

/** What tells a topic from every other of that name, on whichever cluster, before or after. */
export interface TopicIdentity {
  readonly cluster: string;
  readonly topicId: string;
}

const apiKey = 3;
const apiVersion = 10;
const noTags = Buffer.of(0);
const noUuid = Buffer.alloc(16);
const no = Buffer.of(0);

interface Decoded extends TopicIdentity {
  readonly error: number;
  readonly clientSideThrottleTime: number;
}

const encode = (topic: string): Buffer => {
  const name = Buffer.from(topic);
  return Buffer.concat([
    noTags,
    ...[Buffer.of(2), noUuid, unsigned(name.length + 1), name, noTags],
    ...[no, no, no, noTags],
  ]);
};

const unsigned = (value: number): Buffer => {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes.push((rest & 0x7f) | 0x80);
  return Buffer.of(...bytes, rest);
};

const readUnsigned = (reader: ByteReader): number => {
  let value = 0;
  for (let shift = 0; shift < 35; shift += 7) {
    const byte = reader.int8() & 0xff;
    value += (byte & 0x7f) * 2 ** shift;
    if (byte < 0x80) return value;
  }
  throw new RangeError('a varint of more than five bytes');
};

const readString = (reader: ByteReader): string =>
  reader.bytes(Math.max(0, readUnsigned(reader) - 1)).toString('utf8');

const skipTags = (reader: ByteReader): void => {
  for (let left = readUnsigned(reader); left > 0; left -= 1) {
    readUnsigned(reader);
    reader.bytes(readUnsigned(reader));
  }
};

const decode = (raw: Buffer): Decoded => {
  const reader = new ByteReader(raw);
  skipTags(reader);
  const clientSideThrottleTime = reader.int32();
  for (let brokers = readUnsigned(reader) - 1; brokers > 0; brokers -= 1) {
    reader.int32();
    readString(reader);
    reader.int32();
    readString(reader);
    skipTags(reader);
  }
  const cluster = readString(reader);
  reader.int32();
  if (readUnsigned(reader) < 2) throw new RangeError('Metadata was answered without the topic');
  const error = reader.int16();
  readString(reader);
  return { cluster, error, topicId: reader.bytes(16).toString('hex'), clientSideThrottleTime };
};

/**
 * Asks a broker for the cluster's id and the topic's; undefined where it is older than topic ids.
 *
 * @throws BrokerError with Kafka's error code, or what the connection throws.
 */
export const fetchTopicIdentity = async (
  broker: WireBroker,
  topic: string,
): Promise<TopicIdentity | undefined> => {
  const known = broker.versions?.[apiKey];
  if (known === undefined || known.maxVersion < apiVersion) return undefined;
  const wire: WireRequest<Decoded> = {
    request: {
      apiKey,
      apiVersion,
      apiName: 'Metadata',
      encode: () => {
        const buffer = encode(topic);
        return Promise.resolve({ buf: buffer, buffer });
      },
    },
    response: {
      decode: (raw) => Promise.resolve(decode(raw)),
      parse: (decoded) => Promise.resolve(decoded),
    },
  };
  const { error, cluster, topicId } = await broker.connectionPool.send(wire);
  if (error !== 0) throw new BrokerError(`Metadata of ${topic}`, error);
  return { cluster, topicId };
};
