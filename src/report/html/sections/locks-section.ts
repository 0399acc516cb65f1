import { formatCount, formatMs } from '../../../foundation/units.js';
import type { Incident, LockStory, StatementCost } from '../../../model/lock-story.js';
import type { PageSection, PageTable } from '../../../model/page-data.js';
import type { ResultView } from '../../../model/result.js';
import type { VerdictReport } from '../../../model/verdict.js';
import { coverageText, lockHeadline } from '../../lock-coverage-text.js';
import { lockGroups } from '../../lock-groups.js';
import { oneLine, plain, plural } from '../../plain-text.js';
import { formatRunTime, formatWindow } from '../../run-time.js';
import { victimEndpoints } from '../../victim-endpoints.js';
import { code, figure, heading, line, row, section, text } from './section-parts.js';

const mostGroups = 40;

/** Who stood in whose way, what each statement cost, deadlocks, and the waits by lock and root. */
export function locksSection(view: ResultView, { locks: story }: VerdictReport): PageSection {
  const parts = {
    id: 'locks',
    title: 'Lock waits told',
    about: 'The same waits as in the lanes, by what happened.',
  };
  if (view.plan.scenario.environment.database === undefined && view.lockWaits.length === 0) {
    return section({ ...parts, lines: [line('Not watched: the scenario names no database.', 'unknown')] });
  }
  const watched = view.lockCoverage !== null;
  const tables = [...(story ? storyTables(story) : []), groupsTable(view)];
  return section({
    ...parts,
    lines: [
      line(lockHeadline(view), watched ? undefined : 'unknown'),
      line(coverageText(view), watched ? undefined : 'unknown'),
      ...(story && story.unseen.length > 0 ? [line(`Not seen: ${story.unseen.join('; ')}.`)] : []),
    ],
    tables: tables.filter(({ rows }) => rows.length > 0),
  });
}

function storyTables(story: LockStory): PageTable[] {
  const incidents = story.incidents.filter(({ waits }) => waits > 0);
  const costs = story.statements.filter(
    ({ attempt, victimsMs, ownWaitMs }) =>
      attempt > 1 || ownWaitMs > 0 || victimsMs.reads + victimsMs.writes + victimsMs.other > 0,
  );
  const left = story.leftOut.incidents;
  return [
    {
      caption: 'Who stood in whose way',
      columns: [
        text('when', 'Minutes and seconds since the run began.'),
        text('lock', 'What the first in the queue asked for.'),
        text('in front', 'From the session that waited for nobody to the last one before the victims.'),
        text('who waited', 'By session; endpoints where they are known.'),
        figure('sessions', 'How many sessions waited.'),
        figure('longest', 'The longest single wait.'),
        figure('reads', 'Waits of those that wanted to read, summed.'),
        figure('writes', 'Waits of those that wanted to write, summed.'),
        figure('deepest', 'The most that waited at one instant.'),
      ],
      rows: incidents.map(incidentRow),
      notes: left > 0 ? [`… and ${plural(left, 'lesser incident')}`] : [],
    },
    {
      caption: 'What each statement cost',
      columns: [
        text('step', 'And the line in its file.'),
        code('statement', 'As it was sent.'),
        text('attempt', 'With the SQLSTATE it failed with.'),
        figure('own wait', 'Its own wait for locks.'),
        figure('hold', 'From the grant of its last lock to the end of its transaction.'),
        figure('reads blocked', 'Waits of the traffic’s readers behind it, summed.'),
        figure('writes blocked', 'Waits of the traffic’s writers behind it, summed.'),
        figure('queue', 'The most that waited behind it at one instant.'),
      ],
      rows: costs.map(costRow),
      notes: [],
    },
    {
      caption: 'Deadlocks',
      columns: [
        text('who', 'Each session in it.'),
        text('waited for', 'As the server’s log told.'),
        code('statement', 'That it ran.'),
        text('came to', 'Whether Postgres ended it.'),
      ],
      rows: story.deadlocks.flatMap(({ atUs, sides, source }) => [
        heading(`${formatRunTime(atUs)}, seen by the ${source}`),
        ...sides.map(({ who, waitedFor = 'not told', query = 'not seen', victim }) =>
          row([who, waitedFor, oneLine(query), victim ? 'ended (40P01)' : 'went on'], { bad: victim }),
        ),
      ]),
      notes: [],
    },
  ];
}

function incidentRow(incident: Incident) {
  const { fromUs, toUs, lock, root, chain, victims, sessions, longestMs, blockedMs, deepest } = incident;
  const named = ({ who, query }: { who: string; query?: string | undefined }) =>
    query === undefined ? who : `${who} (${oneLine(query)})`;
  return row([
    formatWindow(fromUs, toUs),
    lock,
    [root ? named(root) : 'a session that was not seen', ...chain.map(named)].join(' ← '),
    victims.map((victim) => `${victim.who}${victimEndpoints(victim)}`).join('; '),
    formatCount(sessions),
    formatMs(longestMs),
    formatMs(blockedMs.reads),
    formatMs(blockedMs.writes),
    formatCount(deepest.sessions),
  ]);
}

function costRow(cost: StatementCost) {
  return row(
    [
      `${cost.step}, line ${cost.line}`,
      oneLine(cost.statement),
      cost.sqlState === undefined ? String(cost.attempt) : `${cost.attempt}: ${cost.sqlState}`,
      formatMs(cost.ownWaitMs),
      cost.holdMs === 0 && !cost.ok ? 'never' : formatMs(cost.holdMs),
      formatMs(cost.victimsMs.reads),
      formatMs(cost.victimsMs.writes),
      formatCount(cost.deepest),
    ],
    { bad: !cost.ok },
  );
}

function groupsTable(view: ResultView): PageTable {
  const groups = lockGroups(view);
  const left = groups.length - mostGroups;
  const party = (one: { who: string; query?: string } | undefined, none: string) =>
    one === undefined ? none : `${one.who}${one.query === undefined ? '' : `: ${one.query}`}`;
  return {
    caption: 'Waits by lock and by who stood in front',
    columns: [
      figure('waits', 'How many there were.'),
      text('lock', 'Mode and relation that was waited for.'),
      text('who waited', 'Services, jobs and steps.'),
      text('behind', 'The step’s session that queued, where it was not the root.'),
      text('root', 'The session that waited for nobody.'),
      figure('longest', 'The longest of them.'),
      figure('in all', 'All of them, summed.'),
    ],
    rows: groups
      .slice(0, mostGroups)
      .map((group) =>
        row([
          formatCount(group.waits),
          group.lock,
          group.waiters.join(', '),
          party(group.via, ''),
          party(group.root, 'not seen'),
          formatMs(group.longestMs),
          formatMs(group.blockedMs),
        ]),
      ),
    notes: left > 0 ? [plain(`… and ${plural(left, 'other kind')}`)] : [],
  };
}
