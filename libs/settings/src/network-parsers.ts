import { readFileSync } from 'node:fs';
import { parsed, plainParser, wrong, type ParseOutcome, type Parser } from './parser.js';

/** A host and a port to connect to. */
export interface HostAndPort {
  readonly host: string;
  readonly port: number;
}

const hostPattern = /^(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,252}[A-Za-z0-9_.])?|[0-9A-Fa-f:.]{2,45})$/;

/** A host name or an IP address (IPv6 with or without brackets), without scheme and port. */
export const host: Parser<string> = plainParser((value) => {
  const bare = value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value;
  if (value.includes('://'))
    return wrong('a URL where a host is wanted', 'Write the host alone, without scheme and port.');
  if (/^[^:]+:\d+$/.test(bare))
    return wrong('a host with a port', 'Write the host alone; the port has a variable of its own.');
  return hostPattern.test(bare) ? parsed(bare) : wrong('not a host', 'Write a host name or an IP address.');
});

const portOf = (digits: string | undefined): number => {
  const number = digits !== undefined && /^\d{1,5}$/.test(digits) ? Number(digits) : 0;
  return number <= 65_535 ? number : 0;
};

/** A host as it stands in a URL and before a port: an IPv6 address in brackets. */
export const bracketed = (name: string): string => (name.includes(':') ? `[${name}]` : name);

/** `host:port`; an IPv6 address in brackets. */
export const hostAndPort: Parser<HostAndPort> = {
  parse: (value) => {
    const remedy = 'Write host:port, as in broker-1:9092, with commas between several.';
    if (value.includes('://')) return wrong('a URL where host:port is wanted', remedy);
    const match = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d+)$/.exec(value);
    const name = match?.[1] ?? match?.[2] ?? '';
    const number = portOf(match?.[3]);
    return number > 0 && hostPattern.test(name)
      ? parsed({ host: name, port: number })
      : wrong('not host:port', remedy);
  },
  show: ({ host: name, port: number }) => `${bracketed(name)}:${number}`,
};

/** Whether a server bound to this host, or a client that connects to it, stays on this machine. */
export const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || /^127(?:\.\d{1,3}){3}$/.test(name);

const readUrl = (value: string): ParseOutcome<URL> => {
  const remedy = 'Write an absolute URL, as in http://localhost:4310.';
  if (!URL.canParse(value)) return wrong('not a URL', remedy);
  const url = new URL(value);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return wrong('neither http nor https', remedy);
  if (url.username !== '' || url.password !== '')
    return wrong('a URL with credentials', 'Leave user and password out; set a header or a key instead.');
  return parsed(url);
};

/** An absolute http or https URL without credentials, query and fragment; the value has no slash at its end. */
export const httpUrl: Parser<string> = plainParser((value) => {
  const outcome = readUrl(value);
  if (outcome.type === 'wrong') return outcome;
  return parsed(outcome.value.origin + outcome.value.pathname.replace(/\/+$/, ''));
});

/** Where OTLP goes over gRPC. `scheme` is undefined where only `host:port` was written. */
export interface OtlpEndpoint extends HostAndPort {
  readonly scheme: 'http' | 'https' | undefined;
}

/** `http://host:port`, `https://host:port` or `host:port`; a path has no meaning in gRPC and is passed over. */
export const otlpEndpoint: Parser<OtlpEndpoint> = {
  parse: (value): ParseOutcome<OtlpEndpoint> => {
    const remedy = 'Write http://host:4317, https://host:4317 or host:4317.';
    if (!value.includes('://')) {
      const bare = hostAndPort.parse(value);
      return bare.type === 'wrong'
        ? wrong('not an endpoint', remedy)
        : parsed({ ...bare.value, scheme: undefined });
    }
    const url = readUrl(value);
    if (url.type === 'wrong') return wrong(url.problem, remedy);
    const scheme = url.value.protocol === 'https:' ? 'https' : 'http';
    const name = url.value.hostname.replace(/^\[|\]$/g, '');
    // Without a port OTLP's own 4317 is meant, but URL drops a written :80 or :443, so those are looked for in the text.
    const written = /^[a-z]+:\/\/(?:\[[^\]]*\]|[^/:?#]*):(\d+)/i.exec(value)?.[1];
    return parsed({ host: name, port: written === undefined ? 4317 : portOf(written), scheme });
  },
  show: ({ scheme, ...rest }) => (scheme === undefined ? '' : `${scheme}://`) + hostAndPort.show(rest),
};

const decodeHeaderValue = (value: string): string | undefined => {
  try {
    return decodeURIComponent(value);
  } catch {
    return undefined;
  }
};

/** `name=value` pairs with commas between, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has them. */
export const headerList: Parser<readonly (readonly [name: string, value: string])[]> = {
  parse: (value) => {
    const headers: (readonly [string, string])[] = [];
    for (const [index, pair] of value.split(',').entries()) {
      if (pair.trim() === '') continue;
      const equals = pair.indexOf('=');
      const name = pair.slice(0, Math.max(equals, 0)).trim().toLowerCase();
      const content = decodeHeaderValue(pair.slice(equals + 1).trim());
      if (
        !/^[0-9a-z_.-]+$/.test(name) ||
        name.endsWith('-bin') ||
        content === undefined ||
        !/^[\x20-\x7e]*$/.test(content)
      )
        return wrong(
          `broken at header ${index + 1}`,
          'Write name=value pairs with commas between, values percent-encoded, as in authorization=Bearer%20abc.',
        );
      headers.push([name, content]);
    }
    return parsed(headers);
  },
  show: (headers) => headers.map(([name]) => `${name}=…`).join(','),
};

/** A PEM block itself, or the path of a file that holds one; the value is the PEM text. The file is read at once. */
export const pem: Parser<string> = {
  parse: (value) => {
    const remedy = 'Name a readable PEM file, or give the PEM text itself.';
    try {
      const content = value.includes('-----BEGIN ')
        ? value.replaceAll('\\n', '\n')
        : readFileSync(value, 'utf8');
      return content.includes('-----BEGIN ') ? parsed(content) : wrong('a file without a PEM block', remedy);
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
      return wrong(`a file that cannot be read (${code})`, remedy);
    }
  },
  show: () => '…',
};
