import { describe, expect, it } from 'vitest';
import { deadlockSides } from '../../../src/observe/log/deadlock-detail.js';

describe('the DETAIL of a deadlock', () => {
  it('has both processes and both statements, lines and all', () => {
    const detail = [
      'Process 71 waits for AccessExclusiveLock on relation 16390 of database 5; blocked by process 72.',
      'Process 72 waits for RowExclusiveLock on relation 16385 of database 5; blocked by process 71.',
      'Process 71: alter table p',
      '  add column c int',
      "Process 72: update t set note = '",
      "Process 9: not a side'",
    ].join('\n');
    expect(deadlockSides(detail)).toEqual([
      {
        pid: 71,
        mode: 'AccessExclusiveLock',
        target: 'relation 16390 of database 5',
        blockedBy: 72,
        query: 'alter table p\n  add column c int',
      },
      {
        pid: 72,
        mode: 'RowExclusiveLock',
        target: 'relation 16385 of database 5',
        blockedBy: 71,
        query: "update t set note = '\nProcess 9: not a side'",
      },
    ]);
    expect(deadlockSides('')).toEqual([]);
  });
});
