create table invoices (
  id bigint generated always as identity primary key,
  customer integer not null,
  amount_cents integer not null,
  created_at timestamptz not null default now()
);

insert into invoices (customer, amount_cents)
select 1 + i % 500, 100 + i % 9000 from generate_series(1, 20000) i;
