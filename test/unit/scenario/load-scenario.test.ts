import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario } from '../../../src/scenario/load-scenario.js';
import { fixtures, problemsOf, shopWith, tempFolder } from './support.js';

describe('loadScenario', () => {
  it('reads YAML with units, defaults, positions and its SQL', async () => {
    const loaded = await loadScenario(join(fixtures, 'shop'));
    expect(loaded.file).toBe(join(fixtures, 'shop/scenario.yaml'));
    expect(loaded.baseDir).toBe(join(fixtures, 'shop'));
    expect(loaded.sha256).toMatch(/^[0-9a-f]{64}$/);
    const { scenario } = loaded;
    expect(scenario.production?.tables.orders).toEqual({ rows: 500_000_000, size: 210 * 1024 ** 3 });
    expect(scenario.traffic).toMatchObject({
      rate: 400,
      timeout: 5000,
      connections: 64,
      arrivals: 'poisson',
    });
    expect(scenario.environment.data[1]).toMatchObject({ rows: { orders: { count: 1000 } } });
    expect(scenario.traffic.endpoints['create order']?.variants[0]?.share).toBe(0.5);
    expect(scenario.objectives.latency).toEqual([{ endpoint: '*', p99: 250, over: 10_000 }]);
    expect(loaded.sqlSources.get('upgrade.add status')).toMatchObject({
      file: join(fixtures, 'shop/migrations/002.up.sql'),
      transaction: 'statement',
      statements: [{ index: 0, line: 1, node: 'AlterTableStmt', kind: 'other', transactional: true }],
    });
    expect(loaded.locate(['traffic', 'rate'])).toEqual({ line: 22, column: 9 });
    expect(loaded.locate(['upgrade', 'steps', 1, 'name'])).toEqual({ line: 55, column: 13 });
  });

  it('reads scenario.yml, inline SQL and rates a minute', async () => {
    const { scenario, sqlSources } = await loadScenario(join(fixtures, 'sql-only'));
    expect(scenario.traffic.rate).toBe(1);
    expect(sqlSources.get('upgrade.two tables')).toMatchObject({
      transaction: 'file',
      statements: [{ line: 1 }, { line: 2 }],
    });
    expect(sqlSources.get('upgrade.two tables')?.file).toBeUndefined();
  });

  it('reads TypeScript by its default export', async () => {
    const loaded = await loadScenario(join(fixtures, 'typescript'));
    const { scenario } = loaded;
    expect(scenario).toMatchObject({
      name: 'typed',
      traffic: { rate: 50 },
      objectives: { errors: [{ ratio: 0.01 }] },
    });
    expect(loaded.locate(['name'])).toBeUndefined();
  });

  it('awaits a promised default export', async () => {
    const folder = await tempFolder();
    await writeFile(
      join(folder, 'scenario.mts'),
      `import { defineScenario } from 'dten';
export default Promise.resolve(defineScenario({
  name: 'later', environment: {}, upgrade: { steps: [{ name: 'w', wait: '1s' }] }, objectives: {},
  traffic: { rate: '1/s', endpoints: { a: { request: { path: '/' } } } },
  ...{ environment: { services: { s: { url: 'http://127.0.0.1:1' } } } },
}));`,
    );
    expect((await loadScenario(folder)).scenario.name).toBe('later');
  });

  it('keeps merge keys and anchors', async () => {
    const folder = await shopWith([
      '  report:\n',
      '  base: &base\n    sql: select 1\n    every: 30s\n  other: { <<: *base, every: 10s }\n  report:\n',
    ]);
    const { scenario } = await loadScenario(folder);
    expect(scenario.background.other).toMatchObject({ sql: 'select 1', every: 10_000 });
  });
});

describe('a scenario that is not there', () => {
  it('names what is near', async () => {
    const [problem] = await problemsOf(join(fixtures, 'shp'));
    expect(problem?.message).toContain('no such file or folder');
    expect(problem?.hint).toContain('did you mean "shop"');
  });

  it('says which files make a folder a scenario, and refuses to choose between two', async () => {
    const folder = await tempFolder();
    expect((await problemsOf(folder))[0]?.hint).toContain('scenario.yaml');
    await writeFile(join(folder, 'scenario.yaml'), '');
    await writeFile(join(folder, 'scenario.ts'), '');
    expect((await problemsOf(folder))[0]?.message).toContain('holds 2 scenarios');
    await writeFile(join(folder, 'notes.txt'), '');
    expect((await problemsOf(join(folder, 'notes.txt')))[0]?.message).toBe('is not a scenario');
  });
});

describe('files that cannot be read', () => {
  const yamlProblems = async (yaml: string) => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'scenario.yaml'), yaml);
    return problemsOf(folder);
  };
  const moduleProblems = async (code: string) => {
    const folder = await tempFolder();
    await writeFile(join(folder, 'scenario.ts'), code);
    return problemsOf(folder);
  };

  it('reports YAML syntax errors and duplicate keys together, with positions', async () => {
    const problems = await yamlProblems('name: a\nname: b\ntraffic: [1, 2\nupgrade: {}\n');
    expect(problems.map(({ line, column }) => [line, column])).toContainEqual([2, 1]);
    expect(problems.length).toBeGreaterThan(1);
    expect(problems.find(({ line }) => line === 2)?.message).toMatch(/unique/);
  });

  it('reports an empty file, a list and a text as what they are', async () => {
    expect((await yamlProblems(''))[0]?.message).toContain('expected a mapping');
    expect((await yamlProblems('- a'))[0]?.message).toContain('got a list');
    expect((await yamlProblems('hello'))[0]?.message).toContain('got "hello"');
  });

  it('reports what user code throws, with file and line', async () => {
    const [problem] = await moduleProblems('const a = 1;\n\nthrow new Error("no config for " + a);\n');
    expect(problem?.file).toMatch(/scenario\.ts$/);
    expect(problem?.message).toContain('no config for 1');
    expect(problem?.line).toBe(3);
  });

  it('reports TypeScript that does not parse, and imports that fail', async () => {
    const [syntax] = await moduleProblems('export default {\n  name: ;\n};\n');
    expect(syntax?.line).toBe(2);
    const [missing] = await moduleProblems("import './not-there.js';\nexport default {};\n");
    expect(missing?.message).toContain('not-there');
  });

  it('asks for a default export', async () => {
    const [problem] = await moduleProblems('export const scenario = {};\n');
    expect(problem?.message).toBe('has no default export');
    expect(problem?.hint).toContain('defineScenario');
  });

  it('reports the shape of TypeScript scenarios by path', async () => {
    const problems = await moduleProblems('export default { name: "a", traffic: { rate: "4 per s" } };\n');
    expect(problems.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['traffic.rate', 'environment', 'upgrade', 'objectives', 'traffic.endpoints']),
    );
  });
});
