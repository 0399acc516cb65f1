import { readFileSync } from 'node:fs';

/** The version of the dten that runs. */
export function dtenVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(text) as { version: string }).version;
}
