import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** 256 bits, as base64url. */
export function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

/** Compares in a time that tells neither the length nor how much of it was right. */
export function sameSecret(given: string, right: string): boolean {
  return timingSafeEqual(digest(given), digest(right));
}

/** What a secret is stored and looked up under: the time of a look-up then tells nothing of the secret. */
export function fingerprintOf(secret: string): string {
  return digest(secret).toString('base64url');
}

/** Another secret that follows from this one, for another purpose. */
export function derivedSecret(secret: string, purpose: string): string {
  return createHmac('sha256', secret).update(purpose).digest('base64url');
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
