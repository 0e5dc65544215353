import { asError } from '@kaizen-trace/ports';

/** The service cannot start, for a reason that the operator can remove. The message says how; its stack is not shown. */
export class StartError extends Error {
  override readonly name: string = 'StartError';
  readonly code: string = 'KAIZEN_START';
}

/** Where a service is to listen, and what changes that. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
  /** The environment variable that changes the port. */
  readonly variable: string;
}

/** Another process listens on the port already. Stop it, or set the variable to another port. */
export class PortInUseError extends StartError {
  override readonly name = 'PortInUseError';
  override readonly code = 'KAIZEN_PORT_IN_USE';
  constructor(
    readonly address: ListenAddress,
    options?: ErrorOptions,
  ) {
    super(
      `port ${address.port} on ${address.host} is in use by another process; stop that process, or set ${address.variable} to another port (0: any free one)`,
      options,
    );
  }
}

/** The error to show where listening failed: names port and variable. What is no matter of the address stays as it is. */
export const describeListenError = (error: unknown, address: ListenAddress): Error => {
  const { host, port, variable } = address;
  // By its shape, not its class: an error of Node's own may come from another realm.
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE') return new PortInUseError(address, { cause: error });
  if (code === 'EACCES')
    return new StartError(`not allowed to listen on port ${port}; set ${variable} to a port above 1023`, {
      cause: error,
    });
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
    return new StartError(`${host} is no address of this machine; set KAIZEN_BIND_HOST to one that is`, {
      cause: error,
    });
  return asError(error);
};
