/**
 * Avro single-object encoding:
 *
 *     record      = marker fingerprint body
 *     marker      = %xC3 %x01
 *     fingerprint = 8 bytes, CRC-64-AVRO of the writer schema's parsing canonical form, little-endian
 *     body        = the value in Avro's binary encoding
 */
export const headerBytes = 10;

/** Writes the header of a record whose schema has `fingerprint`. `bytes` must have room for it. */
export const writeHeader = (bytes: Uint8Array, fingerprint: bigint): void => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  view.setUint16(0, 0xc301);
  view.setBigUint64(2, fingerprint, true);
};

/** Whether the bytes begin as a single-object record does. */
export const hasHeader = (bytes: Uint8Array): boolean =>
  bytes.length >= headerBytes && bytes[0] === 0xc3 && bytes[1] === 0x01;
