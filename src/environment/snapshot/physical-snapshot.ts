import { DtenError } from '../../foundation/errors.js';
import type { PhysicalSnapshot, RunContext } from '../../model/contracts.js';
import type { DataFiles } from './data-files.js';

export interface SnapshotParts {
  files: DataFiles;
  /** Services have made what they make at their start, and nobody is connected while the copy is made. */
  stopServices(): Promise<void>;
  startServices(): Promise<void>;
  /** Brings the cache back to what the scenario declares, after the stop has emptied it. */
  rewarm(): Promise<void>;
}

/** A stopped copy of the data directory: before the traffic it costs nobody anything; putting it back is downtime. */
export function physicalSnapshot(ctx: RunContext, parts: SnapshotParts): PhysicalSnapshot {
  const { files } = parts;
  let taken = false;
  return {
    async take() {
      await parts.stopServices();
      await files.stop();
      const fromUs = ctx.clock.now();
      const bytes = await files.save(ctx.signal);
      ctx.emit({ type: 'snapshot', bytes, tookMs: (ctx.clock.now() - fromUs) / 1000 });
      taken = true;
      await files.start();
      await parts.rewarm();
      await parts.startServices();
    },
    async restore(onPart, signal) {
      if (!taken) throw new DtenError('no-snapshot', 'no snapshot was taken before the traffic');
      onPart('stop', 'start');
      await files.stop();
      onPart('stop', 'end');
      onPart('put back', 'start');
      const bytes = await files.putBack(signal);
      onPart('put back', 'end', bytes);
      onPart('start', 'start');
      signal.throwIfAborted();
      await files.start();
      onPart('start', 'end');
    },
  };
}
