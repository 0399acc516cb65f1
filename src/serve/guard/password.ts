import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { RunClock } from '../../foundation/clock.js';

export const leastPasswordLength = 12;

const keyBytes = 32;
/** Tries that may fail in a minute, of one address and of all. */
const triesPerAddress = 5;
const triesInAll = 50;
const windowUs = 60_000_000;
/** A try costs 16 MB and tens of milliseconds: no more at once. */
const mostAtOnce = 2;

export type PasswordAnswer = 'right' | 'wrong' | 'too many tries';

/** Compares passwords by scrypt, and bears only so many wrong ones. The password itself is not kept. */
export class Password {
  private readonly salt = randomBytes(16);
  private readonly key: Promise<Buffer>;
  private failures: { address: string; atUs: number }[] = [];
  private underWay = 0;

  constructor(
    password: string,
    private readonly clock: Pick<RunClock, 'now'>,
  ) {
    this.key = keyOf(password, this.salt);
  }

  async check(given: string, address: string): Promise<PasswordAnswer> {
    const nowUs = this.clock.now();
    this.failures = this.failures.filter(({ atUs }) => atUs > nowUs - windowUs);
    const ofAddress = this.failures.filter((failure) => failure.address === address).length;
    const full = ofAddress >= triesPerAddress || this.failures.length >= triesInAll;
    if (full || this.underWay >= mostAtOnce) return 'too many tries';
    this.underWay += 1;
    // Counted before it is known to be wrong: tries at once must not get by on one another's account.
    const failure = { address, atUs: nowUs };
    this.failures.push(failure);
    try {
      const right = timingSafeEqual(await keyOf(given, this.salt), await this.key);
      if (right) this.failures = this.failures.filter((one) => one !== failure);
      return right ? 'right' : 'wrong';
    } finally {
      this.underWay -= 1;
    }
  }
}

function keyOf(password: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    // Normalised, so that é typed on one machine is é on another.
    scrypt(password.normalize('NFC'), salt, keyBytes, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
