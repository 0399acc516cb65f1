import type { RunUs } from '../foundation/clock.js';

/**
 * Deadlines of what is under way. There are few distinct timeouts (one an endpoint), and what shares a timeout
 * expires in the order it began: a list for each, of which only the head needs a look.
 */
export class Deadlines<T extends { readonly timeoutUs: number; deadlineUs: RunUs }> {
  /** A Set keeps the order of insertion and removes in O(1). */
  private readonly byTimeout = new Map<number, Set<T>>();

  add(item: T): void {
    let list = this.byTimeout.get(item.timeoutUs);
    if (!list) this.byTimeout.set(item.timeoutUs, (list = new Set()));
    list.add(item);
  }

  remove(item: T): void {
    this.byTimeout.get(item.timeoutUs)?.delete(item);
  }

  /** Calls `expire`, which must remove the item, for each whose deadline has passed. */
  sweep(nowUs: RunUs, expire: (item: T) => void): void {
    for (const list of this.byTimeout.values()) {
      for (const item of list) {
        if (item.deadlineUs > nowUs) break;
        expire(item);
      }
    }
  }

  *all(): Generator<T> {
    for (const list of this.byTimeout.values()) yield* [...list];
  }
}
