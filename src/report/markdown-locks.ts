import { formatCount, formatMs } from '../foundation/units.js';
import type { LockStory } from '../model/lock-story.js';
import type { Finding } from '../model/verdict.js';
import { hazardText, hintTexts, twinLines } from './finding-hazard.js';
import { oneLine, plural } from './plain-text.js';
import { formatRunTime, formatWindow } from './run-time.js';
import { cut } from './text-width.js';
import { victimEndpoints } from './victim-endpoints.js';

type Escape = (text: string) => string;

/** The statements behind the findings, each once: its hazard, the safe way to copy, the linter's hints. */
export function hazardSections(findings: readonly Finding[], escape: Escape): string {
  const byStatement = new Map<string, Finding>();
  for (const finding of findings) {
    if (!finding.hazard && finding.twin === undefined && !finding.hints) continue;
    const key = `${finding.where.step ?? ''} ${finding.where.statement ?? finding.what} ${finding.hazard?.number ?? ''}`;
    if (!byStatement.has(key)) byStatement.set(key, finding);
  }
  if (byStatement.size === 0) return '';
  const shown = new Set<string>();
  const sections = [...byStatement.values()].map((finding) => {
    const { statement } = finding.where;
    const twin = finding.twin !== undefined && !shown.has(finding.twin) ? twinLines(finding) : [];
    if (finding.twin !== undefined) shown.add(finding.twin);
    return [
      ...(statement === undefined ? [] : [`<code>${escape(cut(oneLine(statement), 300))}</code>`]),
      `**${escape(hazardText(finding) ?? 'not a hazard of the table')}**`,
      ...(twin.length > 0 ? [`Instead:\n\n${fenced(twin)}`] : []),
      ...(finding.hints
        ? [
            hintTexts(finding)
              .map((hint) => `- squawk ${escape(hint)}`)
              .join('\n'),
          ]
        : []),
    ].join('\n\n');
  });
  return ['### Hazards', ...sections].join('\n\n');
}

/** A fence longer than any run of backticks in the text. */
function fenced(lines: readonly string[]): string {
  const longest = Math.max(
    2,
    ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)),
  );
  const fence = '`'.repeat(longest + 1);
  return [`${fence}sql`, ...lines, fence].join('\n');
}

/** The worst incidents and deadlocks. */
export function lockStorySection(story: LockStory | undefined, escape: Escape): string {
  if (!story) return '';
  const { incidents, statements, deadlocks } = story;
  const total = (ms: { reads: number; writes: number; other: number }) => ms.reads + ms.writes + ms.other;
  const worst = incidents
    .filter(({ waits }) => waits > 0)
    .toSorted((a, b) => total(b.blockedMs) - total(a.blockedMs))
    .slice(0, 8)
    .sort((a, b) => a.fromUs - b.fromUs);
  const rows = worst.map(({ fromUs, toUs, root, chain, victims, sessions, blockedMs, longestMs, deepest }) =>
    [
      formatWindow(fromUs, toUs),
      root ? `${root.who}${root.query === undefined ? '' : `: ${cut(oneLine(root.query), 80)}`}` : 'not seen',
      chain.map(({ who }) => who).join(' ← ') || '–',
      victims
        .slice(0, 4)
        .map((victim) => `${victim.who}${victimEndpoints(victim)}`)
        .join('; ') || '–',
      formatCount(sessions),
      formatMs(longestMs),
      formatMs(blockedMs.reads),
      formatMs(blockedMs.writes),
      formatCount(deepest.sessions),
    ].map(escape),
  );
  const costs = statements
    .filter(({ attempt, victimsMs, ownWaitMs }) => attempt > 1 || total(victimsMs) > 0 || ownWaitMs > 0)
    .map(({ step, line, attempt, sqlState, ownWaitMs, holdMs, ok, victimsMs, deepest }) =>
      [
        `${step}, line ${line}`,
        sqlState === undefined ? String(attempt) : `${attempt} (${sqlState})`,
        formatMs(ownWaitMs),
        holdMs === 0 && !ok ? 'never' : formatMs(holdMs),
        formatMs(victimsMs.reads),
        formatMs(victimsMs.writes),
        formatCount(deepest),
      ].map(escape),
    );
  return [
    tableOf(
      [
        'when',
        'root',
        'chain',
        'victims',
        'sessions',
        'longest',
        'reads blocked',
        'writes blocked',
        'deepest queue',
      ],
      rows,
    ),
    tableOf(
      ['statement', 'attempt', 'own wait', 'hold', 'reads blocked', 'writes blocked', 'deepest queue'],
      costs,
    ),
    ...deadlocks.slice(0, 10).map(({ atUs, sides }) => {
      const told = sides.map(
        ({ who, query, waitedFor, victim }) =>
          `- ${escape(`${who}${waitedFor === undefined ? '' : ` waited for ${waitedFor}`}${victim ? ', and was ended' : ''}`)}` +
          (query === undefined ? '' : `: <code>${escape(cut(oneLine(query), 200))}</code>`),
      );
      return [
        `Deadlock at ${escape(formatRunTime(atUs))}, ${plural(sides.length, 'side')}:`,
        '',
        ...told,
      ].join('\n');
    }),
  ]
    .filter((section) => section !== '')
    .join('\n\n');
}

function tableOf(titles: readonly string[], rows: readonly string[][]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(titles), line(titles.map(() => '---')), ...rows.map(line)].join('\n');
}
