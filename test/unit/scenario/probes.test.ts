import { describe, expect, it } from 'vitest';
import { problemsOf, shopWith } from './support.js';

/** What is wrong with the fixture once these probes stand in it. */
async function problems(probes: string, more = '') {
  const folder = await shopWith(['objectives:', `probes:\n${probes}\n${more}\nobjectives:`]);
  return (await problemsOf(folder)).map(({ path, message }) => `${path}: ${message}`);
}

describe('probes', () => {
  it('may read anything there is', async () => {
    expect(
      await problems(
        `  plans: { sql: "select id, name from orders", key: $.id }
  hooks: { http: { url: "http://hooks.example/all", page: { next: $.next } }, select: "$.data[?@.active]", key: [$.env, $.id], ignore: [$..at], cleanup: { http: { url: "http://hooks.example/\${item.key}" } } }
  flags: { ofrep: { url: "http://flags.example" }, cleanup: { command: [flagctl, set, "\${item.key}", "\${before.value}"] } }
  rows: { table: orders, ignore: [$.updated_at], expect: restored }`,
      ),
    ).toEqual([]);
  });

  it('say everything that is wrong with them at once', async () => {
    const found = await problems(
      `  catalog.mine: { sql: "select 1 as id", key: $.id }
  a/b: { http: { url: "ftp://x" }, select: "$.[", key: $.id }
  writes: { sql: "delete from orders returning id", key: $.id }
  two: { sql: "select 1; drop table orders", key: $.id }
  anonymous: { sql: "select id from orders" }
  list: { http: { url: "http://x.example" }, select: "$[*]" }
  environ: { env: { service: nobody } }
  stranger: { sql: "select 1 as id", key: $.id, role: nobody }
  random: { http: { url: "http://x.example/\${random.uuid()}/\${item.key}" } }`,
    );
    for (const expected of [
      /probes\["catalog.mine"\]: catalog\.… are the built-in probes/,
      /probes\["a\/b"\]: a \/ would end its name/,
      /probes\["a\/b"\]\.select: "\$\.\[" is no JSONPath/,
      /probes\["a\/b"\]\.http\.url: "ftp:\/\/x" is not an http/,
      /probes\.writes\.sql: expected one SELECT/,
      /probes\.two\.sql: expected one SELECT/,
      /probes\.anonymous: needs key/,
      /probes\.list: needs key/,
      /probes\.environ\.env\.service: there is no service "nobody"/,
      /probes\.stranger\.role: there is no database role "nobody"/,
      /probes\.random\.http\.url: template: item\.key is not there in a probe/,
      /probes\.random\.http\.url: template: random\.… is not there in a probe/,
    ]) {
      expect(
        found.some((line) => expected.test(line)),
        `${expected} in\n${found.join('\n')}`,
      ).toBe(true);
    }
  });

  it('name one source, and only read', async () => {
    const found = await problems(
      `  a: { sql: "select 1", file: x, key: $.id }\n  b: { http: { method: POST, url: "http://x" } }`,
    );
    expect(found).toHaveLength(2);
    expect(found[0]).toMatch(/probes\.a: expected one of .*got sql and file at once/);
    expect(found[1]).toMatch(/probes\.b\.http\.method: expected GET or HEAD/);
  });
});
