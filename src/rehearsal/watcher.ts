import type { FromWorker } from '../model/contracts.js';
import type { StampedEvent } from '../model/observation.js';

/** What a watcher of a running rehearsal sees: the terminal's progress, later the live page. */
export interface RehearsalWatcher {
  event?(event: StampedEvent): void;
  traffic?(message: FromWorker): void;
  /** Called once, when lock waits can be asked for. */
  locks?(live: () => { waiting: number; behindSteps: number }): void;
}
