import type { DecodedAttribute, DecodedSpan, DecodedText } from '@kaizen-trace/otlp';
import { goTime, valueAsText } from './go-format.js';

/** The span attribute under which the OpenTelemetry side of Jaeger carries warnings; shown as warnings, not as a tag. */
export const warningsKey = '@jaeger@warnings';

/** The resource attribute that names the service. */
export const serviceNameKey = 'service.name';

const stringAttribute = (key: string, text: string): DecodedAttribute => ({
  key: { text: key },
  value: { type: 'string', text },
});

const bytesAttribute = (key: DecodedText, value: Uint8Array): DecodedAttribute => ({
  key,
  value: { type: 'bytes', value },
});

/** Text that is no UTF-8 becomes bytes, under a name of its own where it was a key, as Jaeger takes it in. */
const withSoundText = (attributes: readonly DecodedAttribute[]): readonly DecodedAttribute[] => {
  const isSound = ({ key, value }: DecodedAttribute): boolean =>
    key.broken === undefined && !(value.type === 'string' && value.broken !== undefined);
  if (attributes.every(isSound)) return attributes;
  const kept: DecodedAttribute[] = [];
  const renamed: DecodedAttribute[] = [];
  for (const attribute of attributes) {
    const { key, value } = attribute;
    const bytes = value.type === 'string' ? value.broken : undefined;
    if (key.broken !== undefined) {
      const shown = value.type === 'bytes' ? value.value : (bytes ?? Buffer.from(valueAsText(value)));
      const name = `invalid-tag-key-${renamed.length + 1}`;
      renamed.push(bytesAttribute({ text: name }, Buffer.concat([key.broken, Buffer.from(':'), shown])));
    } else kept.push(bytes === undefined ? attribute : bytesAttribute(key, bytes));
  }
  return [...kept, ...renamed];
};

/** The resource's attributes as Jaeger stores them: with a service name, whatever was sent. */
export const sanitizeResource = (attributes: readonly DecodedAttribute[]): readonly DecodedAttribute[] => {
  const at = attributes.findIndex(({ key }) => key.text === serviceNameKey);
  const given = attributes[at]?.value;
  if (given === undefined) {
    return withSoundText([...attributes, stringAttribute(serviceNameKey, 'missing-service-name')]);
  }
  if (given.type !== 'string') {
    return withSoundText(attributes.with(at, stringAttribute(serviceNameKey, 'service-name-wrong-type')));
  }
  if (given.text === '') {
    return withSoundText(attributes.with(at, stringAttribute(serviceNameKey, 'empty-service-name')));
  }
  return withSoundText(attributes);
};

/** The service name of a sanitised resource; empty where it was no UTF-8. */
export const serviceNameOf = (attributes: readonly DecodedAttribute[]): string => {
  const given = attributes.find(({ key }) => key.text === serviceNameKey)?.value;
  return given?.type === 'string' ? given.text : '';
};

/** The name that Jaeger gives a span whose own is no UTF-8. */
export const brokenSpanName = 'invalid-span-name';

/** A span as Jaeger stores it. */
export interface SanitizedSpan extends Omit<DecodedSpan, 'name'> {
  readonly name: string;
  /** Signed, as Jaeger reads them. */
  readonly start: bigint;
  readonly end: bigint;
}

/** The span with sound text and a duration of at least 1 ns, and a warning where that changed it. */
export const sanitizeSpan = (span: DecodedSpan): SanitizedSpan => {
  const start = BigInt.asIntN(64, span.start);
  const end = BigInt.asIntN(64, span.end);
  let attributes = span.attributes;
  let name = span.name.text;
  if (span.name.broken !== undefined) {
    attributes = [...attributes, bytesAttribute({ text: brokenSpanName }, span.name.broken)];
    name = brokenSpanName;
  }
  attributes = withSoundText(attributes);
  if (start < end) return { ...span, name, start, end, attributes };
  const warning =
    'Negative duration detected, sanitizing end timestamp. ' +
    `Original end timestamp: ${goTime(end)}, adjusted to: ${goTime(start + 1n)}`;
  return { ...span, name, start, end: start + 1n, attributes: withWarning(attributes, warning) };
};

const withWarning = (
  attributes: readonly DecodedAttribute[],
  warning: string,
): readonly DecodedAttribute[] => {
  const at = attributes.findIndex(({ key }) => key.text === warningsKey);
  const given = attributes[at]?.value;
  const before = given?.type === 'array' ? given.values : [];
  const attribute: DecodedAttribute = {
    key: { text: warningsKey },
    value: { type: 'array', values: [...before, { type: 'string', text: warning }] },
  };
  return at < 0 ? [...attributes, attribute] : attributes.with(at, attribute);
};

/** The warnings that a span's attributes carry. */
export const warningsOf = (attributes: readonly DecodedAttribute[]): readonly string[] => {
  const given = attributes.find(({ key }) => key.text === warningsKey)?.value;
  if (given === undefined) return [];
  if (given.type !== 'array') return [valueAsText(given)];
  return given.values.map((value) => (value.type === 'string' ? value.text : ''));
};
