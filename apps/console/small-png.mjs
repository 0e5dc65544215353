import { crc32, deflateSync, inflateSync } from 'node:zlib';

/** A picture as four bytes a pixel. */
const decode = (png) => {
  const [width, height] = [png.readUInt32BE(16), png.readUInt32BE(20)];
  const [depth, type] = [png[24], png[25]];
  if (depth !== 8 || (type !== 2 && type !== 6)) throw new Error(`no PNG of 8 bits RGB: ${depth}, ${type}`);
  const parts = [];
  for (let at = 8; at < png.length; at += 12 + png.readUInt32BE(at))
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT')
      parts.push(png.subarray(at + 8, at + 8 + png.readUInt32BE(at)));
  const bytes = type === 2 ? 3 : 4;
  return {
    width,
    height,
    bytes,
    pixels: unfiltered(inflateSync(Buffer.concat(parts)), width * bytes, bytes),
  };
};

const paeth = (left, up, corner) => {
  const guess = left + up - corner;
  const [a, b, c] = [Math.abs(guess - left), Math.abs(guess - up), Math.abs(guess - corner)];
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
};

/** Takes the filters of PNG off each line. */
const unfiltered = (data, stride, bytes) => {
  const height = data.length / (stride + 1);
  const out = Buffer.alloc(stride * height);
  for (let line = 0; line < height; line++) {
    const filter = data[line * (stride + 1)];
    const from = line * stride;
    for (let x = 0; x < stride; x++) {
      const left = x >= bytes ? out[from + x - bytes] : 0;
      const up = line > 0 ? out[from + x - stride] : 0;
      const corner = x >= bytes && line > 0 ? out[from + x - stride - bytes] : 0;
      const guess = [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
      out[from + x] = data[line * (stride + 1) + 1 + x] + guess;
    }
  }
  return out;
};

const chunk = (name, body) => {
  const named = Buffer.concat([Buffer.from(name, 'latin1'), body]);
  const ends = Buffer.alloc(8);
  ends.writeUInt32BE(body.length, 0);
  ends.writeUInt32BE(crc32(named), 4);
  return Buffer.concat([ends.subarray(0, 4), named, ends.subarray(4)]);
};

const distance = (a, b) =>
  ((a >> 16) - (b >> 16)) ** 2 + (((a >> 8) & 255) - ((b >> 8) & 255)) ** 2 + ((a & 255) - (b & 255)) ** 2;

/** Colours that look alike to a quarter of a shade. */
const shadeOf = (colour) => ((colour >> 20) << 8) | (((colour >> 12) & 15) << 4) | ((colour >> 4) & 15);

/** 256 colours: of each shade the one that is there most, so that a rare one stays, then the others; and who gets which. */
const paletteOf = (colours) => {
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const byCount = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  const shades = new Map();
  for (const colour of byCount) if (!shades.has(shadeOf(colour))) shades.set(shadeOf(colour), colour);
  const palette = [...new Set([...shades.values(), ...byCount])].slice(0, 256);
  const nearest = new Map();
  for (const colour of counts.keys()) {
    let best = 0;
    for (let index = 1; index < palette.length; index++)
      if (distance(palette[index], colour) < distance(palette[best], colour)) best = index;
    nearest.set(colour, best);
  }
  return { palette, nearest };
};

/** The same picture in 256 colours, which is enough for a page, and a third of the size or less. */
export const smallPng = (png) => {
  const { width, height, bytes, pixels } = decode(png);
  const colours = new Uint32Array(width * height);
  for (let index = 0; index < colours.length; index++) colours[index] = pixels.readUIntBE(index * bytes, 3);
  const { palette, nearest } = paletteOf(colours);
  const lines = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, index) => {
    lines[Math.floor(index / width) * (width + 1) + 1 + (index % width)] = nearest.get(colour);
  });
  const head = Buffer.from(png.subarray(16, 29));
  head[9] = 3;
  const rgb = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  return Buffer.concat([
    png.subarray(0, 8),
    chunk('IHDR', head),
    chunk('PLTE', rgb),
    chunk('IDAT', deflateSync(lines, { level: 9 })),
    chunk('IEND', Buffer.alloc(0)),
  ]);
};
