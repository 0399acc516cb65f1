import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { RunPlan } from '../../../src/model/plan.js';
import type { Finding, VerdictReport } from '../../../src/model/verdict.js';
import { fingerprints } from '../../../src/report/finding-fingerprint.js';
import { renderGithubAnnotations } from '../../../src/report/github-annotations.js';
import { renderGitlab } from '../../../src/report/gitlab.js';
import { renderSarif } from '../../../src/report/sarif.js';
import { uriOf } from '../../../src/report/source-path.js';
import { ruleCatalogue } from '../../../src/verdict/judge.js';
import { sampleVerdict } from '../results/sample.js';
import { sampleView } from './sample-view.js';
import { sarifSchema } from './sarif-schema.js';

const sqlFile = '/scenarios/orders/migrations/002 add.sql';

/** The sample, its upgrade step in a file: the statement of its findings on lines 3 and 4. */
function view() {
  const plan = structuredClone<RunPlan>(sampleView().plan);
  plan.upgrade[0]!.source = {
    file: sqlFile,
    transaction: 'statement',
    statements: [
      { index: 0, text: 'set x = 1', line: 1, column: 1, node: 'X', kind: 'other', transactional: true },
      {
        index: 1,
        text: 'ALTER TABLE orders\n  ADD COLUMN status text',
        line: 3,
        column: 5,
        node: 'AlterTableStmt',
        kind: 'other',
        transactional: true,
      },
    ],
  };
  return sampleView({ plan });
}

const options = {
  rules: ruleCatalogue,
  version: '0.1.0',
  sourcePath: (file: string) => file.replace('/scenarios/', 'scenarios/'),
};

function sarif(report: VerdictReport = sampleVerdict(), of = view()) {
  return sarifSchema.parse(JSON.parse(renderSarif(of, report, options)));
}

const evil =
  '::error::x\r\n::add-mask::GO\u001b[31m <script>alert(1)</script> 100% a:b,c=d \ud800 \u202e "q" ${{ x }}';

function evilReport(): VerdictReport {
  const report = sampleVerdict();
  for (const finding of report.findings)
    Object.assign(finding, {
      what: evil,
      remedy: evil,
      why: evil,
      twin: evil,
      hazard: { number: 20, name: evil, explanation: evil },
      where: { ...finding.where, endpoint: evil, statement: evil },
    });
  return { ...report, because: evil };
}

describe('SARIF', () => {
  it('has every finding, worst first, at its level, and on its statement’s lines', () => {
    const [run] = sarif().runs;
    const told = run!.results.map(({ ruleId, level, locations, suppressions }) => {
      const { artifactLocation, region } = locations[0]!.physicalLocation;
      return [ruleId, level, artifactLocation.uri, region.startLine, suppressions?.[0]?.justification];
    });
    const sql = 'scenarios/orders/migrations/002%20add.sql';
    const scenario = 'scenarios/orders/scenario.yaml';
    expect(told).toEqual([
      ['latency', 'error', sql, 3, undefined],
      ['lock-wait', 'error', sql, 1, undefined],
      ['send-lag', 'warning', scenario, 1, undefined],
      ['queue-hazard-not-exercised', 'error', scenario, 1, 'waived: rehearsed last week (until 2026-12-31)'],
      ['not-asked-of-anyone', 'note', scenario, 1, undefined],
    ]);
    expect(run!.results[0]!.locations[0]).toMatchObject({
      physicalLocation: {
        artifactLocation: { uriBaseId: '%SRCROOT%' },
        region: {
          startLine: 3,
          startColumn: 5,
          endLine: 4,
          endColumn: '  ADD COLUMN status text'.length + 1,
        },
      },
      logicalLocations: [{ fullyQualifiedName: 'upgrade.add status' }],
    });
    expect(run!.results[0]!.message.text).toContain('48 backends waited for AccessExclusiveLock on orders');
    expect(run!.automationDetails.id).toBe('dten/orders/');
  });

  it('has a rule for each rule and hazard, with help', () => {
    const report = sampleVerdict();
    const hazard = { number: 14, name: 'CREATE INDEX', explanation: 'it reads all of orders' };
    report.findings.push({ ...report.findings[2]!, hazard }, { ...report.findings[2]!, hazard });
    const { rules } = sarif(report).runs[0]!.tool.driver;
    expect(rules.map(({ id }) => id).sort()).toEqual(
      [
        'latency',
        'lock-wait',
        'lock-wait/hazard-14',
        'not-asked-of-anyone',
        'queue-hazard-not-exercised',
        'send-lag',
      ].sort(),
    );
    const withHazard = rules.find(({ id }) => id === 'lock-wait/hazard-14')!;
    expect(withHazard.name).toBe('lockWaitHazard14');
    expect(withHazard.shortDescription.text).toBe('Lock waits of traffic: CREATE INDEX');
    expect(withHazard.help.text).toContain('Hazard 14: CREATE INDEX.\nTry: set lockTimeout');
  });

  it('is SARIF whatever the text, and whatever the file is called', () => {
    const of = view();
    of.plan.upgrade[0]!.source!.file = `/scenarios/${evil}/#?%é.sql`;
    const [run] = sarif(evilReport(), of).runs;
    expect(run!.results).toHaveLength(5);
    for (const { message } of run!.results) {
      expect(message.text.replaceAll('\n', '')).not.toMatch(/\p{Cc}|\u202e/u);
    }
  });

  it('names a file outside the repository by its absolute URI', () => {
    const outside = { ...options, sourcePath: (file: string) => file };
    const log = sarifSchema.parse(JSON.parse(renderSarif(view(), sampleVerdict(), outside)));
    const { artifactLocation } = log.runs[0]!.results[0]!.locations[0]!.physicalLocation;
    expect(artifactLocation).toEqual({ uri: 'file:///scenarios/orders/migrations/002%20add.sql' });
  });
});

describe('the path of a file as a URI', () => {
  it('comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (name) => {
        const path = `a/${name.replaceAll(/[/\0]/g, '')}x`;
        expect(decodeURIComponent(uriOf(path))).toBe(path);
        expect(uriOf(path)).toMatch(/^[\x21-\x7e]+$/);
      }),
    );
  });
});

describe('the fingerprint of a finding', () => {
  const of = (findings: Finding[]) => fingerprints({ scenario: 'orders' }, findings);

  it('is the same in the next run, whatever was measured, when, and on which line', () => {
    const later = sampleVerdict().findings.map((finding) => ({
      ...finding,
      measured: 9_999,
      why: 'another cause',
      what: finding.what.replaceAll(/\d[\d.]*/g, '77'),
      where: { ...finding.where, fromUs: 1, toUs: 2 },
    }));
    expect(of(later)).toEqual(of(sampleVerdict().findings));
  });

  it('does not hang on the ids that a run makes', () => {
    const residue = (path: string) => ({ ...sampleVerdict().findings[0]!, rule: 'residue', where: { path } });
    expect(of([residue('credentials/v-importer-36cf9da2')])).toEqual(
      of([residue('credentials/v-importer-0b12e7')]),
    );
    expect(of([residue('flags/a')])).not.toEqual(of([residue('flags/b')]));
  });

  it('differs between findings, even where everything is alike', () => {
    const [first] = sampleVerdict().findings;
    const all = [...sampleVerdict().findings, first!, first!];
    expect(new Set(of(all)).size).toBe(7);
    expect(of(all)[0]).toMatch(/^[0-9a-f]{32}$/);
    expect(fingerprints({ scenario: 'other' }, all)).not.toEqual(of(all));
    expect(fingerprints({ scenario: 'orders', way: 'snapshot' }, all)[0]).not.toBe(of(all)[0]);
  });

  it('goes by its words where it names no place', () => {
    const down = (what: string) => ({ ...sampleVerdict().findings[0]!, rule: 'window', where: {}, what });
    expect(of([down('12 seconds down of 45 (create order 14), 5 s allowed')])).toEqual(
      of([down('1 second down of 60, 5 s allowed')]),
    );
    expect(of([down('the run is incomplete')])).not.toEqual(of([down('files are damaged')]));
  });
});

describe('GitLab’s code-quality report', () => {
  const schema = z.array(
    z.strictObject({
      description: z.string().min(1),
      check_name: z.string().min(1),
      fingerprint: z.string().regex(/^[0-9a-f]{32}$/),
      severity: z.enum(['info', 'minor', 'major', 'critical', 'blocker']),
      location: z.strictObject({
        path: z.string().regex(/^[^/.]/),
        lines: z.strictObject({ begin: z.number().int().min(1) }),
      }),
    }),
  );
  const entriesOf = (report: VerdictReport) =>
    schema.parse(JSON.parse(renderGitlab(view(), report, options.sourcePath)));

  it('has every finding on its line, by what it does to the verdict; waived ones as info', () => {
    expect(entriesOf(sampleVerdict()).map((e) => [e.check_name, e.severity, e.location.lines.begin])).toEqual(
      [
        ['dten/latency', 'blocker', 3],
        ['dten/lock-wait', 'blocker', 1],
        ['dten/send-lag', 'major', 1],
        ['dten/queue-hazard-not-exercised', 'info', 1],
        ['dten/not-asked-of-anyone', 'info', 1],
      ],
    );
    expect(entriesOf(sampleVerdict())[0]!.location.path).toBe('scenarios/orders/migrations/002 add.sql');
    expect(entriesOf(sampleVerdict())[3]!.description).toMatch(/^waived: rehearsed last week/);
    expect(new Set(entriesOf(evilReport()).map(({ fingerprint }) => fingerprint)).size).toBe(5);
  });
});

/** As actions/runner reads a line (ActionCommand.TryParseV2): undo in this order. */
function asRunnerReads(line: string) {
  const [, command = '', properties = '', data = ''] = /^::(\w+) (.*?)::(.*)$/su.exec(line.trimStart()) ?? [];
  const unData = (text: string) =>
    text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
  const unProperty = (text: string) => unData(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
  const pairs = properties.split(',').map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), unProperty(pair.slice(at + 1))];
  });
  return { command, properties: Object.fromEntries(pairs) as Record<string, string>, data: unData(data) };
}

describe('GitHub annotations', () => {
  it('are workflow commands on the lines of the SQL, one a statement, worst first', () => {
    const lines = renderGithubAnnotations(view(), sampleVerdict(), options.sourcePath);
    expect(lines.map((line) => line.slice(0, line.indexOf(' ')))).toEqual([
      '::error',
      '::error',
      '::warning',
      '::notice',
      '::notice',
    ]);
    expect(asRunnerReads(lines[0]!)).toEqual({
      command: 'error',
      properties: {
        file: 'scenarios/orders/migrations/002 add.sql',
        line: '3',
        endLine: '4',
        title: 'dten NO-GO: orders, add status: latency',
      },
      data: 'create order p99 was 4.1 s\ntry: set lockTimeout: 300ms and retries: 10',
    });
    expect(lines[3]).toContain('waived: rehearsed last week');
  });

  it('come back through the runner’s own parser, and no text makes a command of its own', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme' }),
        fc.constantFrom(evil, '%0A::set-env::', '%253A'),
        (a, b) => {
          const report = sampleVerdict();
          Object.assign(report.findings[3]!, { what: `${a}${b}`, remedy: b });
          const of = view();
          of.manifest.scenario = `${b}${a}`;
          const lines = renderGithubAnnotations(of, report, options.sourcePath);
          expect(lines).toHaveLength(5);
          for (const line of lines) {
            expect(line).toMatch(/^::(error|warning|notice) [^\r\n]*$/);
            const read = asRunnerReads(line);
            expect(read.properties.title).toMatch(/^dten /);
            expect(Object.keys(read.properties).every((key) => /^(file|line|endLine|title)$/.test(key))).toBe(
              true,
            );
          }
          const { title } = asRunnerReads(lines[0]!).properties;
          expect(title!.replaceAll('\ufffd', '')).toContain('add status: latency');
        },
      ),
      { numRuns: 200 },
    );
  });
});
