import { describe, expect, it } from '@jest/globals';
import { canonicalForm, fingerprintOf } from './avro-schema.js';
import { crc64Avro } from './crc-64-avro.js';

describe('CRC-64-AVRO', () => {
  it('of no bytes is the constant of the specification', () => {
    expect(crc64Avro(new Uint8Array())).toBe(0xc15d213aa4d7a795n);
  });

  // The schemas, canonical forms and fingerprints of Avro's own schema tests, fingerprints as signed 64-bit integers.
  it.each([
    ['"null"', '"null"', 7195948357588979594n],
    ['{"type":"null"}', '"null"', 7195948357588979594n],
    ['"boolean"', '"boolean"', -6970731678124411036n],
    ['"int"', '"int"', 8247732601305521295n],
    ['{"type":"int"}', '"int"', 8247732601305521295n],
    ['"long"', '"long"', -3434872931120570953n],
    ['"float"', '"float"', 5583340709985441680n],
    ['"double"', '"double"', -8181574048448539266n],
    ['"bytes"', '"bytes"', 5746618253357095269n],
    ['"string"', '"string"', -8142146995180207161n],
    ['[ "int"  ]', '["int"]', -5232228896498058493n],
    ['[ "int" , {"type":"boolean"} ]', '["int","boolean"]', 5392556393470105090n],
    [
      '{"fields":[], "type":"record", "name":"foo"}',
      '{"name":"foo","type":"record","fields":[]}',
      -4824392279771201922n,
    ],
    [
      '{"fields":[], "type":"record", "name":"foo", "namespace":"x.y"}',
      '{"name":"x.y.foo","type":"record","fields":[]}',
      5916914534497305771n,
    ],
    [
      '{"fields":[], "type":"record", "name":"a.b.foo", "namespace":"x.y"}',
      '{"name":"a.b.foo","type":"record","fields":[]}',
      -4616218487480524110n,
    ],
    [
      '{"fields":[], "type":"record", "name":"foo", "doc":"foo", "aliases":["foo","bar"]}',
      '{"name":"foo","type":"record","fields":[]}',
      -4824392279771201922n,
    ],
    [
      '{"fields":[{"type":{"type":"boolean"}, "name":"f1"}], "type":"record", "name":"foo"}',
      '{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"}]}',
      7843277075252814651n,
    ],
    [
      '{"fields":[{"type":"boolean","aliases":[],"name":"f1","default":true},{"order":"descending","name":"f2","doc":"Hello","type":"int"}],"type":"record","name":"foo"}',
      '{"name":"foo","type":"record","fields":[{"name":"f1","type":"boolean"},{"name":"f2","type":"int"}]}',
      -4860222112080293046n,
    ],
    [
      '{"type":"enum", "name":"foo", "symbols":["A1"]}',
      '{"name":"foo","type":"enum","symbols":["A1"]}',
      -6342190197741309591n,
    ],
    [
      '{"namespace":"x.y.z", "type":"enum", "name":"foo", "doc":"foo bar", "symbols":["A1", "A2"]}',
      '{"name":"x.y.z.foo","type":"enum","symbols":["A1","A2"]}',
      -4448647247586288245n,
    ],
    [
      '{"name":"foo","type":"fixed","size":15}',
      '{"name":"foo","type":"fixed","size":15}',
      1756455273707447556n,
    ],
    [
      '{"namespace":"x.y.z", "type":"fixed", "name":"foo", "doc":"foo bar", "size":32}',
      '{"name":"x.y.z.foo","type":"fixed","size":32}',
      -3064184465700546786n,
    ],
    ['{ "items":{"type":"null"}, "type":"array"}', '{"type":"array","items":"null"}', -589620603366471059n],
    ['{ "values":"string", "type":"map"}', '{"type":"map","values":"string"}', -8732877298790414990n],
    [
      '{"name":"PigValue","type":"record","fields":[{"name":"value", "type":["null", "int", "long", "PigValue"]}]}',
      '{"name":"PigValue","type":"record","fields":[{"name":"value","type":["null","int","long","PigValue"]}]}',
      -1759257747318642341n,
    ],
  ])('of %s is that of the specification', (text, canonical, fingerprint) => {
    const schema = JSON.parse(text) as object | string;
    expect(canonicalForm(schema)).toBe(canonical);
    expect(BigInt.asIntN(64, fingerprintOf(schema))).toBe(fingerprint);
  });

  it('does not see what has no bearing on the bytes', () => {
    const bare = { type: 'record', name: 'R', fields: [{ name: 't', type: 'long' }] };
    const time = { type: 'long', logicalType: 'timestamp-micros' };
    const dressed = { ...bare, doc: 'd', fields: [{ name: 't', type: time, default: 1, doc: 'd' }] };
    expect(canonicalForm(dressed)).toBe(canonicalForm(bare));
  });
});
