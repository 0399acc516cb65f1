-- The same statement as in ../orders, without a lock_timeout: it waits for as long as it must, and every query that
-- touches orders waits behind it.
alter table orders add column status text;
