import type { Rehearsed, RehearsalWatcher } from '../index.js';
import { startClock } from '../foundation/clock.js';
import type { ServerAccess } from './server-flags.js';

/** Everything outside this process that follows the rehearsals of one command. */
export interface Watching {
  /** Of the next rehearsal. */
  watchers(): RehearsalWatcher[];
  ended(rehearsed: Rehearsed): Promise<void>;
  close(): Promise<void>;
}

/**
 * The live page, where it was asked for.
 * @throws DtenError (exit 2) where it cannot be served.
 */
export async function startWatching(options: {
  access: ServerAccess | undefined;
  abort(by: string): void;
  say(line: string): void;
  onError(error: unknown): void;
}): Promise<Watching> {
  const { access, say, onError } = options;
  if (!access) return { watchers: () => [], ended: () => Promise.resolve(), close: () => Promise.resolve() };
  // Loaded by who asks for it: it would cost every other command a tenth of a second.
  const { startLiveServer } = await import('../serve/live/live-server.js');
  const live = await startLiveServer({
    ...access,
    clock: startClock(),
    abort: () => options.abort('the live page'),
    onError,
  });
  say(`watch it live: ${live.server.url}`);
  return {
    watchers: () => [live.watcher()],
    ended: (rehearsed) => live.ended(rehearsed),
    close: () => live.close(),
  };
}
