/** A shard's part of a whole number: the first `total mod of` shards take one more; at least one. */
export function shardShare(total: number, shard: { index: number; of: number }): number {
  return Math.max(1, Math.floor(total / shard.of) + (shard.index < total % shard.of ? 1 : 0));
}
