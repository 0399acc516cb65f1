import type { FromWorker } from '../model/contracts.js';
import type { LiveLocks, LockQueue, ProvisionListener, RecordingListener } from '../model/live.js';
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
