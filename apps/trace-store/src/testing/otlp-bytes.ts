/** A small OTLP encoder for tests: it can also write what no exporter would. */

const varint = (value: bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, value);
  for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
};

/** A length-delimited field. */
export const bytesField = (number: number, content: Uint8Array | string): Buffer => {
  const bytes = Buffer.from(content as Uint8Array);
  return Buffer.concat([varint(BigInt((number << 3) | 2)), varint(BigInt(bytes.length)), bytes]);
};

/** A varint field. */
const varintField = (number: number, value: bigint | number): Buffer =>
  Buffer.concat([varint(BigInt(number << 3)), varint(BigInt(value))]);

const fixed64Field = (number: number, value: bigint): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt.asUintN(64, value));
  return Buffer.concat([varint(BigInt((number << 3) | 1)), bytes]);
};

const doubleField = (number: number, value: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt((number << 3) | 1)), bytes]);
};

/** A value by its JavaScript type; `rawText` is a string that need not be UTF-8; bigint is an int, number a double, undefined a value without a field. */
export type Value =
  | { readonly rawText: Uint8Array }
  | string
  | boolean
  | bigint
  | number
  | Uint8Array
  | readonly Value[]
  | Map<string, Value>
  | undefined;

const anyValue = (value: Value): Buffer => {
  if (value === undefined) return Buffer.alloc(0);
  if (typeof value === 'string') return bytesField(1, value);
  if (typeof value === 'boolean') return varintField(2, value ? 1 : 0);
  if (typeof value === 'bigint') return varintField(3, value);
  if (typeof value === 'number') return doubleField(4, value);
  if (value instanceof Uint8Array) return bytesField(7, value);
  if (value instanceof Map) return bytesField(6, attributes(1, [...value]));
  if ('rawText' in value) return bytesField(1, value.rawText);
  return bytesField(5, Buffer.concat(value.map((item) => bytesField(1, anyValue(item)))));
};

export type Pairs = readonly (readonly [key: string | Uint8Array, value: Value])[];

const attributes = (number: number, pairs: Pairs): Buffer =>
  Buffer.concat(
    pairs.map(([key, value]) =>
      bytesField(number, Buffer.concat([bytesField(1, key), bytesField(2, anyValue(value))])),
    ),
  );

export interface SpanInput {
  readonly trace: string;
  readonly id: string;
  readonly parent?: string;
  readonly name: string | Uint8Array;
  readonly kind?: number;
  readonly start: bigint;
  readonly end: bigint;
  readonly attributes?: Pairs;
  readonly events?: readonly { readonly name: string; readonly time: bigint; readonly attributes?: Pairs }[];
  readonly links?: readonly { readonly trace: string; readonly id: string; readonly attributes?: Pairs }[];
  readonly status?: { readonly code: number; readonly message?: string };
  readonly traceState?: string;
  readonly dropped?: number;
}

/** An encoded `Span`; ids in hex. */
const spanBytes = (span: SpanInput): Buffer =>
  Buffer.concat([
    bytesField(1, Buffer.from(span.trace, 'hex')),
    bytesField(2, Buffer.from(span.id, 'hex')),
    ...(span.traceState === undefined ? [] : [bytesField(3, span.traceState)]),
    ...(span.parent === undefined ? [] : [bytesField(4, Buffer.from(span.parent, 'hex'))]),
    bytesField(5, span.name),
    varintField(6, span.kind ?? 1),
    fixed64Field(7, span.start),
    fixed64Field(8, span.end),
    attributes(9, span.attributes ?? []),
    ...(span.dropped === undefined ? [] : [varintField(10, span.dropped)]),
    ...(span.events ?? []).map((event) =>
      bytesField(
        11,
        Buffer.concat([
          fixed64Field(1, event.time),
          bytesField(2, event.name),
          attributes(3, event.attributes ?? []),
        ]),
      ),
    ),
    ...(span.links ?? []).map((link) =>
      bytesField(
        13,
        Buffer.concat([
          bytesField(1, Buffer.from(link.trace, 'hex')),
          bytesField(2, Buffer.from(link.id, 'hex')),
          attributes(4, link.attributes ?? []),
        ]),
      ),
    ),
    ...(span.status === undefined
      ? []
      : [
          bytesField(
            15,
            Buffer.concat([bytesField(2, span.status.message ?? ''), varintField(3, span.status.code)]),
          ),
        ]),
  ]);

export interface GroupInput {
  readonly resource: Pairs;
  readonly scope?: { readonly name?: string; readonly version?: string; readonly attributes?: Pairs };
  readonly spans: readonly SpanInput[];
}

/** An encoded `ExportTraceServiceRequest`. */
export const requestBytes = (groups: readonly GroupInput[]): Buffer =>
  Buffer.concat(
    groups.map(({ resource, scope = {}, spans }) => {
      const encodedScope = Buffer.concat([
        bytesField(1, scope.name ?? ''),
        bytesField(2, scope.version ?? ''),
        attributes(3, scope.attributes ?? []),
      ]);
      const scopeSpans = Buffer.concat([
        bytesField(1, encodedScope),
        ...spans.map((span) => bytesField(2, spanBytes(span))),
      ]);
      return bytesField(
        1,
        Buffer.concat([bytesField(1, attributes(1, resource)), bytesField(2, scopeSpans)]),
      );
    }),
  );
