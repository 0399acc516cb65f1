import type { TemplateScope } from './scope.js';

export const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
export const hexDigits = '0123456789abcdef';

/** Further draws of one call site lie this far apart, above any field a template's position can reach. */
const fieldStride = 0x1_0000;
/** 62⁸ < 2⁵³: eight characters fit into one draw. */
const charactersPerDraw = 8;

/** `length` characters of `alphabet`, uniform, from draws on `field`, `field + 65536`, … */
export function randomText(scope: TemplateScope, field: number, length: number, alphabet: string): string {
  const base = alphabet.length;
  let text = '';
  for (let k = 0; text.length < length; k++) {
    const take = Math.min(charactersPerDraw, length - text.length);
    let rest = Math.floor(scope.draw(field + k * fieldStride) * base ** take);
    for (let i = 0; i < take; i++) {
      text += alphabet.charAt(rest % base);
      rest = Math.floor(rest / base);
    }
  }
  return text;
}

/** A version 4 UUID (RFC 9562 §5.4). */
export function randomUuid(scope: TemplateScope, field: number): string {
  const hex = randomText(scope, field, 31, hexDigits);
  const variant = '89ab'.charAt(parseInt(hex.charAt(30), 16) & 3);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(12, 15)}-${variant}${hex.slice(15, 18)}-${hex.slice(18, 30)}`;
}
