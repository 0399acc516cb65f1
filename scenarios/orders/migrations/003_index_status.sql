-- CONCURRENTLY takes ShareUpdateExclusiveLock: reads and writes go on. It cannot run inside a transaction block,
-- and it must not run under a lock_timeout: cancelled half-way it leaves an invalid index behind.
create index concurrently orders_status_idx on orders (status, id);

-- The planner knows nothing of a column this young and guesses that few rows are null; the backfill's first
-- batches would sort the whole table.
analyze orders (status);
