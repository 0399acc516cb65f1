alter table invoices add column currency text;
