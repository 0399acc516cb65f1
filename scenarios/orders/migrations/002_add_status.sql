-- Nullable and without a default: no rewrite and no scan, the catalog changes and that is all. It still takes
-- AccessExclusiveLock for that instant, so it queues behind every transaction that has touched orders, and
-- everything that comes after it queues behind it. Hence lockTimeout and retries in scenario.yaml.
alter table orders add column status text;
