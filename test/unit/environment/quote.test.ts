import fc from 'fast-check';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { connectionUrl } from '../../../src/environment/database/connection-url.js';
import { databaseName } from '../../../src/environment/database/provision-database.js';
import {
  quoteIdent,
  quoteLiteral,
  quoteQualified,
  quoteSetting,
} from '../../../src/environment/database/quote.js';
import { defaultRole } from '../../../src/environment/database/rehearsed-database.js';
import {
  renderConfiguration,
  checkSettings,
  serverSettings,
} from '../../../src/environment/embedded/configuration.js';

describe('quoting', () => {
  it('agrees with node-postgres on any text', () => {
    const text = fc.string().filter((s) => !s.includes('\0'));
    fc.assert(fc.property(text, (s) => quoteIdent(s) === pg.escapeIdentifier(s)));
    fc.assert(fc.property(text, (s) => quoteLiteral(s) === pg.escapeLiteral(s)));
  });

  it('knows qualified names and settings that are lists', () => {
    expect(quoteQualified('orders')).toBe('"orders"');
    expect(quoteQualified('app.Orders')).toBe('"app"."Orders"');
    expect(quoteQualified('app."with.dot"')).toBe('"app"."with.dot"');
    expect(quoteSetting('search_path', 'app, "$user",public')).toBe('"app", "$user", "public"');
    expect(quoteSetting('statement_timeout', '5s')).toBe("'5s'");
  });
});

describe('connectionUrl', () => {
  it('is read back by node-postgres, whatever the parts', () => {
    const part = fc.stringMatching(/^[ -~]{1,20}$/);
    fc.assert(
      fc.property(part, part, part, (user, password, application_name) => {
        const url = connectionUrl({
          user,
          password,
          host: '127.0.0.1',
          port: 5433,
          database: 'orders',
          params: { application_name },
        });
        const client = new pg.Client({ connectionString: url });
        expect(client).toMatchObject({ user, password, host: '127.0.0.1', port: 5433, database: 'orders' });
        expect(new URL(url).searchParams.get('application_name')).toBe(application_name);
        expect(url).not.toContain('+');
      }),
    );
  });

  it('puts an IPv6 host into brackets', () => {
    expect(
      connectionUrl({ user: 'u', password: undefined, host: '::1', port: 1, database: 'd', params: {} }),
    ).toBe('postgresql://u@[::1]:1/d');
  });
});

describe('names and roles', () => {
  it('a scenario names its database, without clashing with the server’s own', () => {
    expect(databaseName('Orders-add.status')).toBe('orders_add_status');
    expect(databaseName('postgres')).toBe('dten_postgres');
    expect(databaseName('2026')).toBe('dten_2026');
  });

  it('steps get who owns, traffic who does not, unless migrator or app are declared', () => {
    const role = (owns: string[] = []) => ({ settings: {}, owns, grants: 'readwrite' as const });
    expect(defaultRole({ shop: role(), boss: role(['public']) }, 'step')).toBe('boss');
    expect(defaultRole({ boss: role(['public']), shop: role() }, 'traffic')).toBe('shop');
    expect(defaultRole({ app: role(), other: role() }, 'step')).toBe('app');
    expect(defaultRole({ x: role(), app: role(['public']), migrator: role() }, 'traffic')).toBe('app');
    expect(defaultRole({ x: role(['public']), migrator: role() }, 'step')).toBe('migrator');
    expect(defaultRole({}, 'step')).toBe('owner');
  });
});

describe('server settings', () => {
  it('the scenario overrides defaults, not what the harness reads the log by', () => {
    expect(serverSettings({ LOG_LOCK_WAITS: 'off', work_mem: '8MB' })).toMatchObject({
      log_lock_waits: 'off',
      work_mem: '8MB',
      logging_collector: 'on',
      log_destination: 'jsonlog',
    });
    expect(serverSettings({})).not.toHaveProperty('deadlock_timeout');
    expect(() => checkSettings({ Port: '1', log_filename: 'x' })).toThrow(/Port, log_filename/);
  });

  it('are quoted for postgresql.conf', () => {
    expect(renderConfiguration({ a: "it's", b: 'back\\slash' })).toBe("a = 'it''s'\nb = 'back\\\\slash'\n");
  });
});
