import { createHash } from 'node:crypto';
import type { Actor } from './observation.js';
import type { Consumer } from './contracts.js';

/** Postgres truncates application_name at NAMEDATALEN − 1 bytes, and replaces what is not ASCII with `?`. */
const maxBytes = 63;

/** Hexadecimal digits that tell two names apart which Postgres would show alike. */
const markDigits = 6;

/**
 * The application_name a consumer connects under. One that Postgres would not show as it is ends in `~` and a mark
 * made of the whole name: two endpoints whose names differ behind the 63rd byte, or in what is not ASCII, must not
 * pass for one.
 */
export function applicationName(consumer: Consumer): string {
  const name = `dten/${consumer.kind}/${consumer.name}`;
  const shown = name.replace(/[^\x20-\x7e]/gu, '?');
  if (shown === name && name.length <= maxBytes) return name;
  const mark = createHash('sha256').update(name).digest('hex').slice(0, markDigits);
  return `${shown.slice(0, maxBytes - markDigits - 1)}~${mark}`;
}

/** Reads an application_name (and pg_stat_activity.backend_type) back. */
export function parseActor(application: string, backendType?: string): Actor {
  if (backendType === 'autovacuum worker') return { kind: 'autovacuum', name: 'autovacuum' };
  const match = /^dten\/(service|traffic|background|upgrade|rollback|observer)\/(.*)$/.exec(application);
  if (!match) return { kind: 'other', name: application };
  return { kind: match[1] as Actor['kind'], name: match[2] ?? '' };
}
