-- Drops the index with it. No lock_timeout here either.
alter table orders drop column status;
