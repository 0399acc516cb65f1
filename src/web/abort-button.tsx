import { useState } from 'preact/hooks';

/** Asks once more before it does it: a rehearsal cannot be taken up again. */
export function AbortButton({ aborting, onAbort }: { aborting: boolean; onAbort: () => void }) {
  const [asked, setAsked] = useState(false);
  if (aborting) return <p class="line">Aborting…</p>;
  if (!asked) {
    return (
      <button type="button" class="abort" onClick={() => setAsked(true)}>
        Abort the rehearsal
      </button>
    );
  }
  return (
    <div class="confirm" role="group" aria-label="Abort the rehearsal?">
      <p>Everything is torn down, what was recorded is kept, and there is no verdict but INVALID.</p>
      <button type="button" class="abort" onClick={onAbort} autofocus>
        Yes, abort
      </button>{' '}
      <button type="button" onClick={() => setAsked(false)}>
        No, go on
      </button>
    </div>
  );
}
