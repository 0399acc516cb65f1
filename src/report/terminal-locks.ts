import { formatCount, formatMs } from '../foundation/units.js';
import type { BlockedMs, Incident, LockStory, SessionName, StatementCost } from '../model/lock-story.js';
import { oneLine, plain, plural, stepName } from './plain-text.js';
import { formatRunTime, formatWindow } from './run-time.js';
import { labelled, type TerminalStyle } from './terminal-style.js';
import { indented } from './terminal-traffic.js';
import { table, type Cell } from './text-table.js';
import { cut } from './text-width.js';
import { victimEndpoints } from './victim-endpoints.js';

const mostIncidents = 3;

/** Who stood in whose way, what each statement cost, deadlocks, and what cannot be told. */
export function lockStoryLines(story: LockStory | undefined, style: TerminalStyle): string[] {
  if (!story) return [];
  return [
    ...incidentLines(story, style),
    ...costLines(story.statements, style),
    ...deadlockLines(story, style),
    ...(story.unseen.length > 0
      ? indented(`Not seen: ${story.unseen.map(plain).join('; ')}.`, '  ', style).map(style.dim)
      : []),
  ];
}

function incidentLines({ incidents, leftOut }: LockStory, style: TerminalStyle): string[] {
  const withVictims = incidents.filter(({ waits }) => waits > 0);
  if (withVictims.length === 0) return [];
  const worst = withVictims
    .toSorted((a, b) => totalMs(b.blockedMs) - totalMs(a.blockedMs))
    .slice(0, mostIncidents);
  const shown = worst.sort((a, b) => a.fromUs - b.fromUs);
  const left = withVictims.length - shown.length + leftOut.incidents;
  return [
    style.bold('Who stood in whose way'),
    ...shown.flatMap((incident) => incidentText(incident, style)),
    ...(left > 0 ? [style.dim(`  … and ${left} lesser incidents`)] : []),
  ];
}

function incidentText(incident: Incident, style: TerminalStyle): string[] {
  const { root, chain, victims, blockedMs, deepest } = incident;
  const head = `${formatWindow(incident.fromUs, incident.toUs)}  ${incident.lock}${incident.step === undefined ? '' : `, ${incident.step}`}`;
  const row = (label: string, text: string) =>
    labelled({ label, text, paint: style.dim }, '      ', style.width);
  return [
    ...indented(plain(head), '  ', style).map((line) =>
      incident.step === undefined ? line : style.yellow(line),
    ),
    ...row('root    ', root ? session(root, style) : 'a session that was not seen'),
    ...chain.flatMap((link) => row('then    ', session(link, style))),
    ...victims
      .slice(0, 4)
      .flatMap((victim) =>
        row(
          'victims ',
          plain(
            `${victim.who}: ${plural(victim.sessions, 'session')}, ${plural(victim.waits, 'wait')}, longest ${formatMs(victim.longestMs)}${victimEndpoints(victim)}`,
          ),
        ),
      ),
    ...row(
      'blocked ',
      `reads ${formatMs(blockedMs.reads)}, writes ${formatMs(blockedMs.writes)}` +
        (blockedMs.other > 0 ? `, other ${formatMs(blockedMs.other)}` : '') +
        `; deepest queue ${deepest.sessions} at ${formatRunTime(deepest.atUs)}`,
    ),
    ...(incident.overTime.length > 3
      ? row('queue   ', bars(incident.overTime.map(({ sessions }) => sessions)))
      : []),
  ];
}

function session({ who, query, state }: SessionName, style: TerminalStyle): string {
  const idle = state?.startsWith('idle in transaction') ? ', idle in transaction' : '';
  return cut(
    plain(`${who}${idle}${query === undefined ? '' : `: ${oneLine(query)}`}`),
    2 * (style.width - 16),
  );
}

const levels = ' ▁▂▃▄▅▆▇█';

function bars(values: readonly number[]): string {
  const most = Math.max(1, ...values);
  return values.map((value) => levels[Math.ceil((value / most) * (levels.length - 1))] ?? '').join('');
}

function totalMs({ reads, writes, other }: BlockedMs): number {
  return reads + writes + other;
}

/** Own wait, hold, what others waited, the deepest queue: never merged. An attempt is a line. */
function costLines(costs: readonly StatementCost[], style: TerminalStyle): string[] {
  const told = costs.filter(
    ({ ownWaitMs, victimsMs, attempt }) => attempt > 1 || ownWaitMs > 0 || totalMs(victimsMs) > 0,
  );
  if (told.length === 0) return [];
  const rows: (Cell[] | string)[] = [];
  let step: string | undefined;
  for (const cost of told) {
    if (cost.step !== step) rows.push(style.cyan(plain(cost.step)));
    step = cost.step;
    rows.push([
      `  ${cost.line}`,
      oneLine(cost.statement),
      cost.sqlState === undefined ? String(cost.attempt) : `${cost.attempt}: ${cost.sqlState}`,
      formatMs(cost.ownWaitMs),
      cost.holdMs === 0 && !cost.ok ? 'never' : formatMs(cost.holdMs),
      formatMs(cost.victimsMs.reads),
      formatMs(cost.victimsMs.writes),
      formatCount(cost.deepest),
    ]);
  }
  const right = (title: string) => ({ title, align: 'right' as const });
  const columns = [
    { title: '  line' },
    { title: 'statement', least: 14 },
    { title: 'attempt' },
    ...['own wait', 'hold', 'reads blocked', 'writes blocked', 'queue'].map(right),
  ];
  return [
    `${style.bold('What each statement cost')} ${style.dim('blocked: waits of others, summed')}`,
    ...table(columns, rows, { width: style.width, indent: '  ', dim: style.dim }),
    ...attemptSums(told).flatMap((line) => indented(line, '  ', style)),
  ];
}

/** Attempts that failed safely hurt too: their sum, by step. */
function attemptSums(costs: readonly StatementCost[]): string[] {
  const steps = new Map<string, StatementCost[]>();
  for (const cost of costs) steps.set(cost.step, [...(steps.get(cost.step) ?? []), cost]);
  return [...steps].flatMap(([step, own]) => {
    const attempts = Math.max(...own.map(({ attempt }) => attempt));
    if (attempts < 2) return [];
    const ms = own.reduce((sum, { victimsMs }) => sum + totalMs(victimsMs), 0);
    return [`${plain(stepName(step))}: ${attempts} attempts, ${formatMs(ms)} of others’ waits in all.`];
  });
}

function deadlockLines({ deadlocks }: LockStory, style: TerminalStyle): string[] {
  if (deadlocks.length === 0) return [];
  return [
    style.bold('Deadlocks'),
    ...deadlocks.slice(0, 10).flatMap(({ atUs, sides, source }) => [
      ...indented(
        `${formatRunTime(atUs)}  ${plural(sides.length, 'side')}, ${source === 'log' ? 'as the server’s log told' : `as far as the ${source} saw: the other side’s statement may be another one`}`,
        '  ',
        style,
      ),
      ...sides.flatMap(({ who, query, waitedFor, victim }) =>
        labelled(
          {
            label: victim ? 'ended   ' : 'went on ',
            text: plain(
              `${who}${waitedFor === undefined ? '' : ` waited for ${waitedFor}`}${query === undefined ? '' : `: ${cut(oneLine(query), 160)}`}`,
            ),
            paint: victim ? style.red : style.dim,
          },
          '      ',
          style.width,
        ),
      ),
    ]),
    ...(deadlocks.length > 10 ? [`  … and ${deadlocks.length - 10} more`] : []),
  ];
}
