import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface SmallScenario {
  /** Extra or replaced top-level YAML blocks, by key. */
  blocks?: Record<string, string>;
  files?: Record<string, string>;
}

const blocks: Record<string, string> = {
  environment: `
  database:
    roles: { app: {}, migrator: { owns: [public] } }
  data:
    - sql: "create table items (id bigint generated always as identity primary key, name text not null)"
    - sql: "insert into items (name) select 'item ' || i from generate_series(1, 2000) i"`,
  traffic: `
  rate: 150/s
  connections: 8
  timeout: 5s
  endpoints:
    read item: { weight: 3, sql: { text: "select id, name from items where id = $1", values: ["\${random.int(1,2000)}"] } }
    add item: { weight: 1, sql: { text: "insert into items (name) values ($1) returning id", values: ["\${random.string(8)}"] } }`,
  timeline: `{ warmup: 1s, baseline: 3s, soak: 3s, recovery: 3s }`,
  upgrade: `
  steps:
    - { name: add note, sql: "alter table items add column note text", transaction: statement }`,
  rollback: `
  steps:
    - { name: drop note, sql: "alter table items drop column note", transaction: statement }`,
  // A latency limit that only a stall breaks: it also sets how late the harness may be on a noisy machine.
  objectives: `
  latency: { p99: 4s, over: 3s }
  errors: { ratio: 1%, over: 3s }`,
  waivers: `
  - { finding: queue-hazard-not-exercised, reason: "not what this test is about" }
  - { finding: rollback-not-exercised, reason: "not what this test is about" }`,
};

/** A scenario of a few seconds in a folder of its own; returns the folder. */
export function smallScenario({ blocks: own = {}, files = {} }: SmallScenario = {}): string {
  const folder = mkdtempSync(join(tmpdir(), 'dten-e2e-'));
  const all = { ...blocks, ...own };
  const yaml = Object.entries(all).map(
    ([key, block]) => `${key}:${block.startsWith('\n') ? block : ` ${block}`}`,
  );
  writeFileSync(join(folder, 'scenario.yaml'), `name: small\n${yaml.join('\n')}\n`);
  for (const [path, content] of Object.entries(files)) {
    const file = join(folder, path);
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, content);
  }
  return folder;
}
