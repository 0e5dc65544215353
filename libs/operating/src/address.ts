import { networkInterfaces } from 'node:os';
import { bracketed, isLoopback } from '@kaizen-trace/settings';

const everywhere: readonly string[] = ['0.0.0.0', '::'];

/** The first address of this machine that others may reach; loopback where there is none. */
const ownAddress = (): string => {
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const outer = addresses.filter(({ internal, scopeid }) => !internal && !scopeid);
  const found = outer.find(({ family }) => family === 'IPv4') ?? outer[0];
  return found?.address ?? '127.0.0.1';
};

/** A URL at which a server that listens on `host` can be reached; for every interface, this machine's own address. */
export const reachableUrl = (host: string, port: number): string => {
  const address = everywhere.includes(host) ? ownAddress() : host;
  return `http://${bracketed(address)}:${port}`;
};

const hostName = (header: string): string => {
  const bare = /^(?:\[([^\]]+)\]|([^:]*))(?::\d+)?$/.exec(header);
  return (bare?.[1] ?? bare?.[2] ?? '').toLowerCase();
};

/**
 * Whether a Host header names this machine by a loopback name. A web page that has its own name resolved to loopback
 * sends that name, so whoever serves only this machine looks at it. Without a header it is no browser that asks.
 */
export const namesThisMachine = (hostHeader: string | undefined): boolean => {
  const host = hostName(hostHeader ?? 'localhost');
  return isLoopback(host) || host.endsWith('.localhost');
};
