import { networkInterfaces } from 'node:os';
import { bracketed } from '@kaizen-trace/settings';

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
