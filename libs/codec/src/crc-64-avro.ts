/** The fingerprint of no bytes; also the polynomial, as the Avro specification has it. */
const empty = 0xc15d213aa4d7a795n;

const table: readonly bigint[] = Array.from({ length: 256 }, (_, index) => {
  let fingerprint = BigInt(index);
  for (let bit = 0; bit < 8; bit += 1)
    fingerprint = (fingerprint >> 1n) ^ ((fingerprint & 1n) === 1n ? empty : 0n);
  return fingerprint;
});

/** CRC-64-AVRO, the 64-bit Rabin fingerprint of the Avro specification, unsigned. Meant for schemas: not fast. */
export const crc64Avro = (bytes: Uint8Array): bigint => {
  let fingerprint = empty;
  for (const byte of bytes)
    fingerprint = (fingerprint >> 8n) ^ (table[Number((fingerprint ^ BigInt(byte)) & 0xffn)] ?? 0n);
  return fingerprint;
};
