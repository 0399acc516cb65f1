import { formatMs } from '../foundation/units.js';
import type { PageLocks, PageParty } from '../model/page-locks.js';
import { formatWindow } from '../report/run-time.js';

interface WaitDetailsProps {
  locks: PageLocks;
  /** Index of the wait; null: none was picked. */
  wait: number | null;
  onZoom: (window: { fromUs: number; toUs: number }) => void;
}

/** One lock wait in full: who waited with which statement, and everyone in front up to the one who waited for nobody. */
export function WaitDetails({ locks, wait: at, onZoom }: WaitDetailsProps) {
  const wait = at === null ? undefined : locks.waits[at];
  return (
    <div class="wait-details" role="region" aria-label="The lock wait that was picked" aria-live="polite">
      {wait === undefined ? (
        <p class="about">
          Pick a wait in the lanes to see who waited behind whom, and with which statements.
        </p>
      ) : (
        <>
          <h4>
            {formatMs(wait.durationMs)} ± {formatMs(wait.errorMs)} for {wait.mode} on {wait.target}
          </h4>
          <p class="about">
            {formatWindow(wait.fromUs, wait.toUs)}, phase {wait.phase}
            {wait.step === undefined ? '' : `, during ${wait.step}`}; ended: {wait.ended}; seen by{' '}
            {wait.seenBy.join(', ')}
            {wait.behindStepMs === undefined
              ? ''
              : `; a step was in front for ${formatMs(wait.behindStepMs)} of it`}
            .{' '}
            <button type="button" onClick={() => onZoom(wait)}>
              Zoom to it
            </button>
          </p>
          <ol class="chain">
            <Party role="waited" party={locks.parties[wait.waiter]} />
            {wait.ahead.map((party, of) => (
              <Party
                key={party}
                role={
                  wait.rootSeen && of === wait.ahead.length - 1
                    ? 'at the root: it waited for nobody'
                    : of === 0
                      ? 'directly in front'
                      : 'in front of that'
                }
                party={locks.parties[party]}
              />
            ))}
            {wait.rootSeen ? null : (
              <li>
                <b>The root was not seen</b>
              </li>
            )}
          </ol>
        </>
      )}
    </div>
  );
}

function Party({ role, party }: { role: string; party: PageParty | undefined }) {
  if (!party) return null;
  return (
    <li>
      <b>{party.who}</b>{' '}
      <span class="about">
        pid {party.pid}
        {party.state === undefined ? '' : `, ${party.state}`}; {role}
      </span>
      {party.query === undefined ? (
        <p class="about">its statement was not seen</p>
      ) : (
        <pre tabIndex={0} role="region" aria-label={`statement of ${party.who}`}>
          {party.query}
        </pre>
      )}
    </li>
  );
}
