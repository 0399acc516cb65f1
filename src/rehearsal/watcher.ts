import type { FromWorker } from '../model/contracts.js';
import type { LiveLocks, ProvisionListener, RecordingListener } from '../model/live.js';
import type { LockQueue } from '../model/lock-queue.js';
import type { StampedEvent } from '../model/observation.js';

/**
 * What a watcher of a running rehearsal sees: the terminal's progress, the live page, metrics. It is called on the
 * thread that times the run, so it must be quick, and must not throw.
 */
export interface RehearsalWatcher extends RecordingListener, ProvisionListener {
  event?(event: StampedEvent): void;
  traffic?(message: FromWorker): void;
  /** Called once, when lock waits can be asked for. */
  locks?(live: () => LiveLocks): void;
  /** Who waits behind whom, whenever that changes, a few times a second at most. Without it nothing is gathered. */
  lockQueue?(queue: LockQueue): void;
}

const calls = [
  'begin',
  'fingerprint',
  'event',
  'traffic',
  'locks',
  'lockQueue',
  'second',
  'lockWait',
  'server',
  'health',
  'trace',
] as const satisfies readonly (keyof RehearsalWatcher)[];

/**
 * Several watchers as one. What one of them throws is told once to `onError`, and ends that watcher: it costs neither
 * the run nor the others anything.
 */
export function watchTogether(
  watchers: readonly RehearsalWatcher[],
  onError: (error: unknown) => void,
): RehearsalWatcher {
  const broken = new Set<RehearsalWatcher>();
  const together = calls.flatMap((name) => {
    const heard = watchers.filter((watcher) => name in watcher);
    if (heard.length === 0) return [];
    const call = (argument: never) => {
      for (const watcher of heard) {
        if (broken.has(watcher)) continue;
        try {
          watcher[name]?.(argument);
        } catch (error) {
          broken.add(watcher);
          onError(error);
        }
      }
    };
    return [[name, call] as const];
  });
  return Object.fromEntries(together);
}
