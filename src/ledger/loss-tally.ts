import type { Loss, LossExample } from '../model/ledger.js';
import type { Phase } from '../model/scenario.js';
import type { KeyLoss } from './check-key.js';

const mostExamples = 10;
/** Losses that are recognised when a later audit sees them again: some 30 MB of their keys. */
const mostRemembered = 200_000;

/** Which losses earlier audits have seen, and after which phases first. */
export class SeenLosses {
  private readonly first = new Map<string, readonly Phase[]>();
  /** Once there were more than can be remembered, a loss may be new although it does not look so, or the reverse. */
  inexact = false;

  /** The phases after which it was first seen: these, if never before. */
  firstSeen(mark: string, after: readonly Phase[]): { after: readonly Phase[]; fresh: boolean } {
    const known = this.first.get(mark);
    if (known) return { after: known, fresh: false };
    if (this.first.size >= mostRemembered) this.inexact = true;
    else this.first.set(mark, after);
    return { after, fresh: true };
  }
}

/** What an audit of one entity has found wrong so far: exact counts, some examples of each. */
export class LossTally {
  private readonly byKind = new Map<string, Loss>();

  constructor(
    private readonly entity: string,
    private readonly after: readonly Phase[],
    private readonly seen: SeenLosses,
    /** By the index that writes carry. */
    private readonly endpoints: readonly string[],
  ) {}

  add(key: string, loss: KeyLoss, { discarded, gone }: { discarded: boolean; gone: boolean }): void {
    const { class: kind, column, write } = loss;
    const id = JSON.stringify([kind, column, discarded, gone]);
    let sum = this.byKind.get(id);
    if (!sum) {
      sum = {
        class: kind,
        ...(column !== undefined && { column }),
        count: 0,
        fresh: 0,
        byPhase: {},
        discarded,
        gone,
        examples: [],
      };
      this.byKind.set(id, sum);
    }
    const { after, fresh } = this.seen.firstSeen(
      JSON.stringify([this.entity, key, kind, column]),
      this.after,
    );
    sum.count += 1;
    // Those that are new come first: an audit tells of what it saw first.
    const place = fresh ? sum.fresh : sum.examples.length;
    if (place < mostExamples) {
      sum.examples.splice(place, 0, this.example(key, loss, after));
      sum.examples.length = Math.min(sum.examples.length, mostExamples);
    }
    if (!fresh) return;
    sum.fresh += 1;
    if (write) {
      sum.byPhase[write.phase] = (sum.byPhase[write.phase] ?? 0) + 1;
      sum.earliestSentUs = Math.min(sum.earliestSentUs ?? Number.POSITIVE_INFINITY, write.sentUs);
    }
  }

  losses(): Loss[] {
    return [...this.byKind.values()].sort((a, b) => b.count - a.count);
  }

  private example(key: string, loss: KeyLoss, after: readonly Phase[]): LossExample {
    const { column, expected, found, write } = loss;
    return {
      key,
      ...(column !== undefined && { column }),
      expected,
      found,
      ...(write && {
        write: {
          endpoint: this.endpoints[write.endpoint] ?? `endpoint ${write.endpoint}`,
          op: write.op,
          ...(write.variant !== undefined && { variant: write.variant }),
          phase: write.phase,
          endUs: write.endUs,
        },
      }),
      firstSeenAfter: [...after],
    };
  }
}
