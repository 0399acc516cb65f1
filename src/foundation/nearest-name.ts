/**
 * Edits (insert, delete, replace, swap of neighbours) between two names, ignoring case: the optimal string
 * alignment distance.
 */
function editDistance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (beforeLast[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    beforeLast = last;
    last = row;
  }
  return last[b.length] ?? 0;
}

/** What tells two names apart: `lock_timeout`, `lock-timeout` and `lockTimeout` are one. */
function normal(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9.]/g, '');
}

/** The known name closest to `wrong`, if it is close enough to be a slip: a third of its letters, at least one. */
export function nearestName(wrong: string, known: readonly string[]): string | undefined {
  const asked = normal(wrong).slice(0, 200);
  let best: { name: string; distance: number } | undefined;
  for (const name of known) {
    const candidate = normal(name).slice(0, 200);
    const distance = editDistance(asked, candidate);
    const close = distance <= Math.max(1, Math.floor(Math.max(asked.length, candidate.length) / 3));
    const contained = asked.length >= 3 && (candidate.startsWith(asked) || asked.startsWith(candidate));
    if ((close || contained) && (!best || distance < best.distance)) best = { name, distance };
  }
  return best?.name;
}

/** `did you mean "rate"? known: rate, connections, …`; long lists are cut. */
export function suggest(wrong: string, known: readonly string[], noun = 'known'): string {
  const near = nearestName(wrong, known);
  const shown = known.length > 20 ? [...known.slice(0, 20), '…'] : known;
  const list = known.length === 0 ? `${noun}: none` : `${noun}: ${shown.join(', ')}`;
  return near === undefined ? list : `did you mean ${JSON.stringify(near)}? ${list}`;
}
