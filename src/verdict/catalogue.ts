import type { Rule } from './rule.js';
import { baselineMet } from './rules/baseline-met.js';
import { blocked } from './rules/blocked.js';
import { dropped } from './rules/dropped.js';
import { errors } from './rules/errors.js';
import { extrapolation } from './rules/extrapolation.js';
import { forbiddenLock } from './rules/forbidden-lock.js';
import { harness } from './rules/harness.js';
import { invariant } from './rules/invariant.js';
import { latency } from './rules/latency.js';
import { ledger } from './rules/ledger.js';
import { lockWait } from './rules/lock-wait.js';
import { notRehearsed } from './rules/not-rehearsed.js';
import { pointOfNoReturn } from './rules/point-of-no-return.js';
import { queueHazard } from './rules/queue-hazard.js';
import { residue } from './rules/residue.js';
import { rollbackNotExercised } from './rules/rollback-not-exercised.js';
import { secondUpgrade } from './rules/second-upgrade.js';
import { serviceDied } from './rules/service-died.js';
import { snapshotLoss } from './rules/snapshot-loss.js';
import { snapshotSize } from './rules/snapshot-size.js';
import { stepDuration } from './rules/step-duration.js';
import { stepFailed } from './rules/step-failed.js';
import { throughput } from './rules/throughput.js';
import { toySize } from './rules/toy-size.js';
import { window } from './rules/window.js';

/** Every rule, in the order in which reports list them. */
export const rules: readonly Rule[] = [
  stepFailed,
  latency,
  errors,
  dropped,
  throughput,
  ledger,
  invariant,
  lockWait,
  blocked,
  forbiddenLock,
  extrapolation,
  toySize,
  queueHazard,
  rollbackNotExercised,
  residue,
  pointOfNoReturn,
  secondUpgrade,
  snapshotLoss,
  snapshotSize,
  stepDuration,
  window,
  serviceDied,
  baselineMet,
  harness,
  notRehearsed,
];

/** What each rule is called and does: for `dten` to explain, and for the names that waivers use. */
export const ruleCatalogue: readonly { id: string; title: string; doc: string }[] = rules.map(
  ({ id, title, doc }) => ({ id, title, doc }),
);
