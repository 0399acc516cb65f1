const capacity = 10_000;

/** Values seen in answers, or given at the start, for `${seen.<pool>}`: the newest 10 000 (or as many as were given). */
export class CapturePools {
  private readonly pools = new Map<string, { values: unknown[]; capacity: number; next: number }>();

  constructor(initial: Readonly<Record<string, readonly unknown[]>>) {
    for (const [name, values] of Object.entries(initial)) {
      this.pools.set(name, { values: [...values], capacity: Math.max(capacity, values.length), next: 0 });
    }
  }

  add(name: string, value: unknown): void {
    if (value === undefined || value === null) return;
    let pool = this.pools.get(name);
    if (!pool) this.pools.set(name, (pool = { values: [], capacity, next: 0 }));
    if (pool.values.length < pool.capacity) pool.values.push(value);
    else {
      pool.values[pool.next] = value;
      pool.next = (pool.next + 1) % pool.capacity;
    }
  }

  /** The value a draw in [0, 1) falls on; undefined if the pool is empty. */
  draw(name: string, draw: number): unknown {
    const values = this.pools.get(name)?.values;
    return values?.[Math.floor(draw * values.length)];
  }
}
