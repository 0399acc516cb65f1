import type { LiveEntry, LiveState } from '../../model/live-feed.js';

/** About what one turn of a reader is given. */
const batchCharacters = 65_536;

/** How far a reader has got. */
export interface Cursor {
  /** The next entry. */
  entry: number;
  /** Of each state, the version it had. */
  states: Map<LiveState['type'], number>;
}

/**
 * What a running rehearsal tells its readers, ready to be sent. Every entry is kept for the length of the run: a
 * reader takes what it has not had, when it can, so that no reader holds up the run or another reader, and one that
 * was away loses nothing. Of states only the newest is kept.
 */
export class LiveFeed {
  private readonly entries: string[] = [];
  private readonly states = new Map<LiveState['type'], { version: number; text: string }>();
  private versions = 0;
  private over = false;
  private readonly listeners = new Set<() => void>();

  /** `run`: tells this feed's ids from those of another run of the same server. */
  constructor(readonly run: string) {}

  /** Nothing comes after it. */
  get ended(): boolean {
    return this.over;
  }

  get length(): number {
    return this.entries.length;
  }

  append(entry: LiveEntry): void {
    if (this.over) return;
    this.entries.push(`id: ${this.run}-${this.entries.length}\ndata: ${JSON.stringify(entry)}\n\n`);
    this.over = entry.type === 'end';
    this.wake();
  }

  /** Replaces the last state of its type. */
  set(state: LiveState): void {
    if (this.over) return;
    this.states.set(state.type, { version: ++this.versions, text: `data: ${JSON.stringify(state)}\n\n` });
    this.wake();
  }

  /** Where to go on after the entry with this id; from the start, if it is of another run or none. */
  cursorAfter(lastEventId: string | undefined): Cursor {
    const match = /^([\w]+)-(\d{1,15})$/.exec(lastEventId ?? '');
    const next = match?.[1] === this.run ? Number(match[2]) + 1 : 0;
    return { entry: next <= this.entries.length ? next : 0, states: new Map() };
  }

  /** What comes next for a reader, who is moved past it; empty: nothing yet. States come once it has all entries. */
  take(cursor: Cursor): string {
    let text = '';
    while (cursor.entry < this.entries.length && text.length < batchCharacters) {
      text += this.entries[cursor.entry] ?? '';
      cursor.entry += 1;
    }
    if (cursor.entry < this.entries.length || this.over) return text;
    for (const [type, state] of this.states) {
      if (cursor.states.get(type) === state.version) continue;
      cursor.states.set(type, state.version);
      text += state.text;
    }
    return text;
  }

  /** Called whenever there is more to take; returns what ends that. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  private wake(): void {
    for (const listener of [...this.listeners]) listener();
  }
}
