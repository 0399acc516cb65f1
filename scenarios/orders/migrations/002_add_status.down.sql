-- As brief as adding it, with the same lock and the same queue. What release 2.0 wrote to the column goes with it.
alter table orders drop column status;
