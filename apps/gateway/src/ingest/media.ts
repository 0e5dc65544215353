/** How the body is written and packed. */
export interface BodyForm {
  readonly format: 'ndjson' | 'json';
  readonly coding: 'identity' | 'gzip' | 'zstd';
}

/** What a request's headers say of its body, or why that is not taken. */
export type MediaReading =
  ({ readonly type: 'supported' } & BodyForm) | { readonly type: 'unsupported'; readonly reason: string };

const formats: Readonly<Record<string, BodyForm['format']>> = {
  'application/x-ndjson': 'ndjson',
  'application/json': 'json',
};

const codings: Readonly<Record<string, BodyForm['coding']>> = {
  '': 'identity',
  identity: 'identity',
  gzip: 'gzip',
  'x-gzip': 'gzip',
  zstd: 'zstd',
};

const known = <T>(names: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(names, name) ? names[name] : undefined;

/** Reads Content-Type, whose parameters mean nothing here, and Content-Encoding, of which one layer is taken. */
export const readMedia = (
  contentType: string | undefined,
  contentEncoding: string | undefined,
): MediaReading => {
  const format = known(formats, (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '');
  if (format === undefined)
    return {
      type: 'unsupported',
      reason: 'Content-Type must be application/x-ndjson, or application/json for an array or one object',
    };
  const coding = known(codings, (contentEncoding ?? '').trim().toLowerCase());
  if (coding === undefined)
    return { type: 'unsupported', reason: 'Content-Encoding must be gzip, zstd or absent' };
  return { type: 'supported', format, coding };
};
