-- Without CONCURRENTLY: ShareLock on orders for as long as the build takes, so that nobody can write.
create index orders_status_idx on orders (status, id);
