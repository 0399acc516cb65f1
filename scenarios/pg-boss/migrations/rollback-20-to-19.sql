BEGIN;
    SET LOCAL statement_timeout = '30s';
    SELECT pg_advisory_xact_lock(
      ('x' || md5(current_database() || '.pgboss.pgboss'))::bit(64)::bigint
  );
    SELECT version::int/(version::int-19) from pgboss.version;
DROP INDEX pgboss.job_singletonKey;
DROP INDEX pgboss.job_singleton_queue;
CREATE UNIQUE INDEX job_singletonKey ON pgboss.job (name, singletonKey) WHERE state < 'completed' AND singletonOn IS NULL AND NOT singletonKey = '__pgboss__singleton_queue';
CREATE UNIQUE INDEX job_singleton_queue ON pgboss.job (name, singletonKey) WHERE state < 'active' AND singletonOn IS NULL AND singletonKey = '__pgboss__singleton_queue';
UPDATE pgboss.version SET version = '19';
    COMMIT;
