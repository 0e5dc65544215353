import type { DecodedAttribute } from '@kaizen-trace/otlp';
import { valueAsText } from '../jaeger/go-format.js';
import { statusError, statusOk } from '../jaeger/from-otlp.js';
import { brokenSpanName, serviceNameOf } from '../jaeger/sanitize.js';
import type { TraceSearch } from '../query/trace-query.js';
import type { SpanFilter, SpanGroup, StoredSpan } from './trace-reader.js';

const has = (attributes: readonly DecodedAttribute[], key: string, text: string): boolean => {
  const found = attributes.find((attribute) => attribute.key.text === key);
  return found !== undefined && valueAsText(found.value) === text;
};

const hasTag = (stored: StoredSpan, key: string, text: string): boolean =>
  has(stored.span.attributes, key, text) ||
  has(stored.scope.attributes, key, text) ||
  has(stored.resource, key, text) ||
  stored.span.events.some((event) => has(event.attributes, key, text));

/**
 * `error` asks for the status; every other tag for an attribute of the span, its scope, its resource or its events.
 * Jaeger's memory store compares as here, but takes the text `true` for false; its other stores find failed spans by it.
 */
const matchesTag = (stored: StoredSpan, key: string, text: string): boolean => {
  if (key !== 'error') return hasTag(stored, key, text);
  return stored.span.statusCode === (text === 'true' ? statusError : statusOk);
};

/** Whether all of a search holds for one span. */
export const matches = (stored: StoredSpan, search: TraceSearch): boolean => {
  const { span } = stored;
  if (search.operation !== '' && search.operation !== span.name) return false;
  if (span.start < search.startMin || span.start > search.startMax) return false;
  const duration = span.end - span.start;
  if (search.durationMin !== 0n && duration < search.durationMin) return false;
  if (search.durationMax !== 0n && duration > search.durationMax) return false;
  if (serviceNameOf(stored.resource) !== search.service) return false;
  for (const [key, text] of search.tags) if (!matchesTag(stored, key, text)) return false;
  return true;
};

/** Whether only an attribute that is text can read so: no number, truth value, base64 or JSON does. */
const isOnlyText = (text: string): boolean =>
  (/[^A-Za-z0-9+/=.-]/.test(text) || /[^e]-/.test(text)) && !/^(?:[[{]|json:)/.test(text);

/** Whether a key may have been given here, not by the sender. */
const isOurs = (key: string): boolean => /^(?:invalid-|@jaeger@)/.test(key);

const groupHas = ({ resource, scope }: SpanGroup, key: string): boolean =>
  [...resource, ...scope.attributes].some((attribute) => attribute.key.text === key);

/** Looks for the words of a search in encoded spans, so that few have to be decoded. Never refuses one that matches. */
export const mayMatch = (search: TraceSearch): SpanFilter => {
  // A replaced name does not stand in the bytes.
  const operation = search.operation === brokenSpanName ? '' : search.operation;
  const name = Buffer.from(operation);
  const tags = [...search.tags].filter(([key]) => key !== 'error');
  return (span, group) => {
    if (serviceNameOf(group.resource) !== search.service) return false;
    if (!span.includes(name)) return false;
    return tags.every(([key, text]) => {
      if (groupHas(group, key) || key.includes('\ufffd') || text.includes('\ufffd')) return true;
      return (span.includes(key) || isOurs(key)) && (isOurs(key) || !isOnlyText(text) || span.includes(text));
    });
  };
};
