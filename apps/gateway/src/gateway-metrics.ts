import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { Rejection } from './ingest/intake.js';

/** The fields that get a series of their own; the rest, which clients can invent, share one. */
const knownFields = new Set([
  'event_type',
  'agent_id',
  'trace_id',
  'timestamp',
  'data',
  'metadata',
  'event_id',
  'service_name',
  'call_id',
  'parent_call_id',
  'result',
]);

const labelOf = ({ field }: Rejection): string => {
  if (field === null) return 'line';
  const [top = ''] = field.split('.', 1);
  return knownFields.has(top) ? top : 'other';
};

/** What the gateway counts. Names are part of the dashboards: change them with those. */
export interface GatewayMetrics {
  events(outcome: 'accepted' | 'rejected', count: number): void;
  rejections(rejected: readonly Rejection[]): void;
  bodyBytes(bytes: number): void;
  request(status: number, seconds: number): void;
}

/** What the gateway holds of requests, in bytes. */
export interface InFlight {
  readonly now: () => number;
  readonly most: number;
}

/** There from the start: an increase from nothing to one would not be seen. */
const knownStatuses = [202, 400, 403, 413, 415, 429, 499, 503];

const showInFlight = (registers: Registry[], inFlight: InFlight): void => {
  new Gauge({
    name: 'kaizen_gateway_in_flight_bytes',
    help: 'Bytes of bodies held now',
    registers,
    collect() {
      this.set(inFlight.now());
    },
  });
  new Gauge({
    name: 'kaizen_gateway_max_in_flight_bytes',
    help: 'Bytes of bodies that may be held; what is more is answered with 429',
    registers,
  }).set(inFlight.most);
};

/** The gateway's own series, in its own registry. Label values form a small closed set. */
export const createGatewayMetrics = (registry: Registry, inFlight: InFlight): GatewayMetrics => {
  const registers = [registry];
  const events = new Counter({
    name: 'kaizen_gateway_events_total',
    help: 'Events by outcome: accepted ones are durable in the log',
    labelNames: ['outcome'],
    registers,
  });
  const rejections = new Counter({
    name: 'kaizen_gateway_rejections_total',
    help: 'Rejected lines by the field that was wrong; `line` where it was the whole line',
    labelNames: ['field'],
    registers,
  });
  const bytes = new Counter({
    name: 'kaizen_gateway_body_bytes_total',
    help: 'Bytes of bodies read to their end, unpacked',
    registers,
  });
  const seconds = new Histogram({
    name: 'kaizen_gateway_request_seconds',
    help: 'From a request’s head to its answer, by status; 499 where the client went away',
    labelNames: ['status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
    registers,
  });
  showInFlight(registers, inFlight);
  for (const outcome of ['accepted', 'rejected']) events.inc({ outcome }, 0);
  for (const field of [...knownFields, 'line', 'other']) rejections.inc({ field }, 0);
  for (const status of knownStatuses) seconds.zero({ status });
  return {
    events: (outcome, count) => events.inc({ outcome }, count),
    rejections(rejected) {
      for (const rejection of rejected) rejections.inc({ field: labelOf(rejection) });
    },
    bodyBytes: (count) => bytes.inc(count),
    request: (status, duration) => seconds.observe({ status }, duration),
  };
};
