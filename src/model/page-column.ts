/**
 * A column of numbers in a page: small as text, and exact. `null` means not recorded, which is never 0. Little-endian;
 * the highest value of an integer type, or NaN, stands for null.
 */
export type PageColumn =
  | { type: 'same'; value: number | null; count: number }
  | { type: 'u8' | 'u16' | 'u32' | 'f32' | 'f64'; base64: string };

const arrays = { u8: Uint8Array, u16: Uint16Array, u32: Uint32Array, f32: Float32Array, f64: Float64Array };
const nothing = { u8: 0xff, u16: 0xffff, u32: 0xffffffff, f32: Number.NaN, f64: Number.NaN };

/** The narrowest type that holds every value exactly; fractions as `fraction` (f32: seven figures). */
export function packColumn(values: readonly (number | null)[], fraction: 'f32' | 'f64' = 'f32'): PageColumn {
  const first = values[0] ?? null;
  if (values.every((value) => value === first)) return { type: 'same', value: first, count: values.length };
  const type = narrowest(values) ?? fraction;
  const packed = new arrays[type](values.length);
  for (const [at, value] of values.entries()) packed[at] = value ?? nothing[type];
  return { type, base64: base64Of(new Uint8Array(packed.buffer)) };
}

function narrowest(values: readonly (number | null)[]): 'u8' | 'u16' | 'u32' | undefined {
  let most = 0;
  for (const value of values) {
    if (value === null) continue;
    if (!Number.isInteger(value) || value < 0) return undefined;
    if (value > most) most = value;
  }
  return (['u8', 'u16', 'u32'] as const).find((type) => most < nothing[type]);
}

export function unpackColumn(column: PageColumn): (number | null)[] {
  if (column.type === 'same') return new Array<number | null>(column.count).fill(column.value);
  const { type, base64 } = column;
  const none = nothing[type];
  const packed = new arrays[type](bytesOf(base64));
  return Array.from(packed, (value) => (value === none || Number.isNaN(value) ? null : value));
}

const chunk = 0x8000; // arguments that every engine takes in one call

function base64Of(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += chunk) {
    text += String.fromCharCode(...bytes.subarray(at, at + chunk));
  }
  return btoa(text);
}

function bytesOf(base64: string): ArrayBuffer {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
  return bytes.buffer;
}
