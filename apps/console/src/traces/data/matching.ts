import type { JaegerSpan, JaegerTag } from './jaeger.js';

/** Whether a span is what is looked for. */
export type SpanTest = (span: JaegerSpan) => boolean;

const valueText = (value: JaegerTag['value']): string => (value === null ? '' : String(value));

const hasTag = (span: JaegerSpan, test: (tag: JaegerTag) => boolean): boolean =>
  span.tags.some(test) || span.logs.some(({ fields }) => fields.some(test));

/**
 * Reads what is looked for: words that must all be in a span's name, tags or events, in any case; `key=value` for a tag
 * that contains the value; `"two words"` for what stands together. Undefined where nothing is looked for.
 */
export const spanTestOf = (text: string): SpanTest | undefined => {
  const words = [...text.toLowerCase().matchAll(/[^\s"=]+="[^"]*"|"[^"]*"|\S+/g)].map(([word]) => word);
  const tests = words
    .map((word): SpanTest | undefined => {
      const at = word.startsWith('"') ? -1 : word.indexOf('=');
      const wanted = word.slice(at + 1).replaceAll('"', '');
      if (at > 0) {
        const key = word.slice(0, at);
        const isKey = (tag: JaegerTag): boolean => tag.key.toLowerCase() === key;
        return (span) =>
          hasTag(span, (tag) => isKey(tag) && valueText(tag.value).toLowerCase().includes(wanted));
      }
      if (wanted === '') return undefined;
      const has = (tag: JaegerTag): boolean => valueText(tag.value).toLowerCase().includes(wanted);
      return (span) =>
        span.operationName.toLowerCase().includes(wanted) || span.spanID === wanted || hasTag(span, has);
    })
    .filter((test) => test !== undefined);
  return tests.length === 0 ? undefined : (span) => tests.every((test) => test(span));
};
