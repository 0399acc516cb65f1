create index orders_customer_idx on orders (customer_id, created_at desc);
alter table orders add constraint orders_customer_fkey foreign key (customer_id) references customers (id);
