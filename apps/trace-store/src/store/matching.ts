import type { DecodedAttribute } from '@kaizen-trace/otlp';
import { valueAsText } from '../jaeger/go-format.js';
import { statusError, statusOk } from '../jaeger/from-otlp.js';
import { serviceNameOf } from '../jaeger/sanitize.js';
import type { TraceSearch } from '../query/trace-query.js';
import type { StoredSpan } from './trace-reader.js';

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
