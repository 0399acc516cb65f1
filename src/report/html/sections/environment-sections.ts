import { formatBytes, formatCount } from '../../../foundation/units.js';
import type { PageSection } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import { harnessHealth } from '../../harness-health.js';
import { sizeRows } from '../../size-rows.js';
import { figure, line, row, section, text } from './section-parts.js';

/** Production beside rehearsed: a toy size is not production. */
export function sizesSection(view: ResultView): PageSection {
  const sizes = sizeRows(view);
  const parts = { id: 'sizes', title: 'Production beside rehearsed' };
  if (sizes.length === 0) {
    return section({
      ...parts,
      lines: [line('Not recorded: no table was measured or declared.', 'unknown')],
    });
  }
  const none = view.plan.scenario.production === undefined;
  return section({
    ...parts,
    lines: none
      ? [line('The scenario declares no production sizes: nothing is extrapolated.', 'unknown')]
      : [],
    tables: [
      {
        caption: 'Tables, rehearsed and in production',
        columns: [
          text('table', 'As scenarios write it: public. is left out.'),
          figure('rows here', 'Estimated, before the upgrade.'),
          figure('size here', 'With its indexes and TOAST.'),
          figure('rows in production', 'As the scenario declares.'),
          figure('size in production', 'As the scenario declares.'),
          figure('factor', 'Production ÷ rehearsed: what a scan or rewrite is extrapolated by.'),
        ],
        rows: sizes.map(({ table, rehearsed, production, factor }) =>
          row([
            table,
            rehearsed ? formatCount(rehearsed.rows) : 'not there',
            rehearsed ? formatBytes(rehearsed.bytes) : '',
            production?.rows === undefined ? 'not declared' : formatCount(production.rows),
            production?.bytes === undefined ? 'not declared' : formatBytes(production.bytes),
            factor === undefined
              ? ''
              : `× ${factor < 10 ? Number(factor.toPrecision(2)) : formatCount(factor)}`,
          ]),
        ),
        notes: [],
      },
    ],
  });
}

/** Whether the harness's own figures can be trusted. */
export function healthSection(view: ResultView): PageSection {
  return section({
    id: 'health',
    title: 'Harness health',
    about: 'dten’s own lateness and load: whether its figures can be trusted.',
    lines: [line(harnessHealth(view), view.health.length === 0 ? 'unknown' : undefined)],
    collapsed: true,
  });
}

export function fingerprintSection({ fingerprint, manifest, plan }: ResultView): PageSection {
  const parts = { id: 'environment', title: 'Environment', collapsed: true };
  if (!fingerprint) {
    return section({
      ...parts,
      lines: [line('Not recorded: the run ended before its environment was written down.', 'unknown')],
    });
  }
  const { settings, ...of } = fingerprint;
  const fact = (name: string, value: string) => row([name, value]);
  return section({
    ...parts,
    tables: [
      {
        caption: 'What it ran on',
        columns: [text('', 'What is told.'), text('value', 'As found when the run began.')],
        rows: [
          fact('result', manifest.id),
          fact('dten', of.dten),
          fact('Node.js', of.node),
          fact('platform', of.platform),
          fact('processors', `${of.cpus} × ${of.cpuModel}`),
          fact('memory', formatBytes(of.memoryBytes)),
          fact('environment', of.provide),
          fact('Postgres', of.postgres ?? 'none, or not known'),
          fact('scenario file', plan.scenarioFile),
          fact('its SHA-256', plan.scenarioSha256),
        ],
        notes: [],
      },
      {
        caption: 'Postgres settings',
        columns: [
          text('setting', 'Those that comparisons look at, and those that were set.'),
          text('value', 'As the server showed it.'),
        ],
        rows: Object.entries(settings).map(([name, value]) => row([name, value])),
        notes: [],
      },
    ].filter(({ rows }) => rows.length > 0),
  });
}

export function planSection({ plan }: ResultView): PageSection {
  return section({
    id: 'plan',
    title: 'Plan',
    about: 'The scenario with every default filled in, as it was run.',
    lines: plan.warnings.map(({ path, message }) => line(`${path}: ${message}`, 'unknown')),
    code: JSON.stringify(plan, null, 2),
    collapsed: true,
  });
}
