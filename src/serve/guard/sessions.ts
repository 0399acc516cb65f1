import { derivedSecret, fingerprintOf, newSecret } from './secrets.js';

/** The oldest goes when one more signs in. */
const mostSessions = 256;

export interface Session {
  /** What a request that changes something must carry in its `x-dten-csrf` header. */
  csrf: string;
}

/** Who has signed in, by cookie. Kept in memory: they end with the server. */
export class Sessions {
  private readonly known = new Map<string, Session>();

  /** `port`: browsers share cookies between the ports of a host, and two servers must not sign each other's readers out. */
  constructor(private readonly port: () => number) {}

  /** The Set-Cookie header of a new session. Not `Secure`: on the loopback there is no TLS. */
  open(): string {
    const id = newSecret();
    for (const oldest of this.known.keys()) {
      if (this.known.size < mostSessions) break;
      this.known.delete(oldest);
    }
    this.known.set(fingerprintOf(id), { csrf: derivedSecret(id, 'csrf') });
    return `${this.cookieName()}=${id}; Path=/; HttpOnly; SameSite=Strict`;
  }

  /** The session that a Cookie header names, if it is one of ours. */
  of(cookieHeader: string | undefined): Session | undefined {
    const name = `${this.cookieName()}=`;
    const pair = cookieHeader
      ?.split(';')
      .map((part) => part.trim())
      .find((part) => part.startsWith(name));
    return pair === undefined ? undefined : this.known.get(fingerprintOf(pair.slice(name.length)));
  }

  private cookieName(): string {
    return `dten_${this.port()}`;
  }
}
