import { expect, test } from 'vitest';
import { watchTogether, type RehearsalWatcher } from '../../../src/index.js';
import type { StampedEvent } from '../../../src/model/observation.js';

const event = (seq: number): StampedEvent => ({ type: 'note', message: 'x', seq, atUs: seq });

test('one that throws is told of once and heard no more; the others miss nothing', () => {
  const heard: number[] = [];
  let calls = 0;
  const broken: RehearsalWatcher = {
    event() {
      calls += 1;
      throw new Error('broken');
    },
  };
  const errors: unknown[] = [];
  const together = watchTogether([broken, { event: ({ seq }) => void heard.push(seq) }], (error) =>
    errors.push(error),
  );
  for (let seq = 0; seq < 5; seq++) together.event?.(event(seq));
  expect(heard).toEqual([0, 1, 2, 3, 4]);
  expect([calls, errors]).toEqual([1, [new Error('broken')]]);
});

test('what nobody wants is not gathered: there is no lockQueue where no watcher has one', () => {
  expect(watchTogether([{ event: () => undefined }], () => undefined)).not.toHaveProperty('lockQueue');
  expect(watchTogether([{ lockQueue: () => undefined }], () => undefined)).toHaveProperty('lockQueue');
});
