import { createSecureContext } from 'node:tls';
import type { OtlpClientOptions } from '@kaizen-trace/otlp';

const headerName = /^[0-9a-z_.-]+$/;
const headerText = /^[ -~]*$/;

/**
 * Looks at what gRPC would refuse, by its own rules and without loading it. Messages never repeat a value.
 *
 * @throws Error where a header, or a PEM text, cannot be used.
 */
export const checkClient = (options: OtlpClientOptions): void => {
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    const key = name.toLowerCase();
    if (!headerName.test(key) || key.endsWith('-bin') || !headerText.test(value))
      throw new Error(`the OTLP header "${name}" has a name or value that gRPC cannot send`);
  }
  const { insecure, ca, clientCert: cert, clientKey: key } = options;
  if (insecure) return;
  if ((cert === undefined) !== (key === undefined))
    throw new Error('a client certificate and its key go together; one of them is missing');
  createSecureContext({
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
};
