import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

interface Entry {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

const lock = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as {
  packages: Record<string, Entry>;
};

/** Whether node would find `name` from the package at `place`, by what the lock installs. */
function found(place: string, name: string): boolean {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    if (`${at === '' ? '' : `${at}/`}node_modules/${name}` in lock.packages) return true;
    if (at === '') return false;
  }
}

// npm writes a lock without the packages of other platforms when it cannot reach them or finds node_modules of
// another machine (npm/cli#4828); `npm ci` then refuses the whole lock, on every machine.
it('the lock names every dependency of every platform, so that npm ci takes it', () => {
  const missing = Object.entries(lock.packages).flatMap(([place, entry]) =>
    Object.keys({ ...entry.dependencies, ...entry.optionalDependencies })
      .filter((name) => !found(place, name))
      .map((name) => `${name}, of ${place}`),
  );
  expect(missing).toEqual([]);
  expect(found('node_modules/knip', 'no-such-package')).toBe(false);
});

it('the lock names no host: it installs from whatever registry npm is configured for', () => {
  const hosts = Object.values(lock.packages).filter((entry) => 'resolved' in entry);
  expect(hosts).toEqual([]);
});
