import type { FastifyRequest } from 'fastify';

/** A service that requests are passed on to. */
export interface Upstream {
  /** A path in it is put before those that are passed on. */
  readonly url: string;
  /** As a sentence names it: `the gateway`. */
  readonly name: string;
  /** What to set where it cannot be reached there. */
  readonly variable: string;
  /** What it serves, for who asks for something else of it. */
  readonly serves: string;
  /** Whether a path, without a slash before it, is one of those that are passed on. */
  has(path: string): boolean;
  /** What it is told of a request, or why that is not passed on. */
  introduce(request: FastifyRequest): Introduction;
}

/** How a request comes to an upstream. */
export type Introduction =
  | { readonly type: 'allowed'; readonly headers: Readonly<Record<string, string>> }
  | { readonly type: 'forbidden'; readonly message: string };

/** Those of these headers that the request has, each once. */
export const headersOf = (
  { headers }: FastifyRequest,
  names: readonly string[],
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = headers[name];
      return typeof value === 'string' ? [[name, value] as const] : [];
    }),
  );
