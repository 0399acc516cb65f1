drop index concurrently if exists orders_status_idx;
