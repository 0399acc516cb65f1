import { lstatSync, readdirSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, sep } from 'node:path';
import { setImmediate as yieldToEventLoop } from 'node:timers/promises';
import { messageOf } from '../foundation/errors.js';
import type { ResultEntry } from '../model/result-head.js';
import { resultFiles } from '../model/result.js';
import { readHead } from './read-head.js';

/** Nothing was written for this long: nobody rehearses there any more. */
const silentAfterMs = 30_000;
/** Folders looked at before the event loop gets its turn. */
const foldersATurn = 200;
const freshForMs = 1_000;

interface Known {
  /** Of result.json: what was read stands while it is the same. */
  stamp: string;
  entry: ResultEntry;
}

interface Folder {
  dir: string;
  /** Of its result.json; undefined: it has none. */
  stamp: string | undefined;
}

/**
 * The results below a folder, kept in memory. A refresh looks at every folder again and reads only what is new or
 * has changed. Folders and files that lead out of the root by symbolic links are left out.
 */
export class ResultIndex {
  private known = new Map<string, Known>();
  private refreshing: Promise<void> | undefined;
  private refreshedMs = Number.NEGATIVE_INFINITY;
  /** How many result.json files were read since the start: what "incremental" is measured by. */
  reads = 0;
  /** Folders left out since they lead elsewhere. */
  outside = 0;

  constructor(
    private readonly root: string,
    /** Milliseconds since the Unix epoch: compared with when files were written. */
    private readonly nowMs: () => number,
  ) {}

  /** Newest first. */
  async entries(): Promise<ResultEntry[]> {
    await this.refresh();
    return [...this.known.values()]
      .map(({ entry }) => entry)
      .sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1));
  }

  /** The result of that id, if it is one that is listed: an id is never made into a path. */
  async find(id: string): Promise<ResultEntry | undefined> {
    if (!this.known.has(id) || this.nowMs() - this.refreshedMs >= freshForMs) await this.refresh();
    return this.known.get(id)?.entry;
  }

  /** Shared by who asks at the same time; a list that is a second old is fresh. */
  private async refresh(): Promise<void> {
    if (this.nowMs() - this.refreshedMs < freshForMs) return;
    this.refreshing ??= this.look().finally(() => {
      this.refreshing = undefined;
    });
    await this.refreshing;
  }

  private async look(): Promise<void> {
    const next = new Map<string, Known>();
    const root = realpathSync(this.root);
    this.outside = 0;
    let looked = 0;
    for (const { dir, stamp } of this.folders(root)) {
      if (++looked % foldersATurn === 0) await yieldToEventLoop();
      const id = `${basename(dirname(dir))}/${basename(dir)}`;
      const before = this.known.get(id);
      const same = stamp !== undefined && before?.stamp === stamp && before.entry.dir === dir;
      next.set(id, same ? before : { stamp: stamp ?? '', entry: this.read(id, dir, stamp !== undefined) });
    }
    this.known = next;
    this.refreshedMs = this.nowMs();
  }

  /** Result folders in the root itself, or one level of scenarios below; or the root, if it is a result. */
  private *folders(root: string): Generator<Folder> {
    const itself = resultIn(root);
    if (itself) {
      yield itself;
      return;
    }
    for (const child of this.foldersIn(root, root)) {
      const result = resultIn(child);
      if (result) yield result;
      else for (const below of this.foldersIn(child, root)) yield* [resultIn(below)].filter((one) => one !== undefined);
    }
  }

  private foldersIn(path: string, root: string): string[] {
    const found: string[] = [];
    try {
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const at = join(path, entry.name);
        if (entry.isDirectory()) found.push(at);
        else if (entry.isSymbolicLink()) {
          if (`${realpathSync(at)}${sep}`.startsWith(`${root}${sep}`)) found.push(at);
          else this.outside += 1;
        }
      }
    } catch {
      // Gone meanwhile, or not to be read: it holds no results for us.
    }
    return found;
  }

  private read(id: string, dir: string, sealed: boolean): ResultEntry {
    const unknown: ResultEntry = {
      id,
      dir,
      scenario: basename(dirname(dir)),
      startedAt: startOf(basename(dir)),
      durationMs: null,
      state: 'incomplete',
      verdict: null,
      because: null,
      revision: null,
    };
    if (!sealed) {
      return { ...unknown, state: this.nowMs() - lastWriteMs(dir) < silentAfterMs ? 'running' : 'incomplete' };
    }
    try {
      this.reads += 1;
      const head = readHead(join(dir, resultFiles.result));
      const durationMs = Date.parse(head.endedAt) - Date.parse(head.startedAt);
      return {
        id,
        dir,
        scenario: head.scenario,
        startedAt: head.startedAt,
        durationMs: Number.isFinite(durationMs) ? durationMs : null,
        state: head.ended,
        verdict: head.verdict,
        because: head.because,
        revision: head.revision ?? null,
      };
    } catch (error) {
      return { ...unknown, state: 'unreadable', because: firstLineOf(messageOf(error)) };
    }
  }
}

/** The folder, if it holds a result: one look for most, since most are sealed. */
function resultIn(dir: string): Folder | undefined {
  const stamp = stampOf(dir);
  return stamp !== undefined || statsOf(join(dir, resultFiles.manifest))?.isFile() ? { dir, stamp } : undefined;
}

/** Changes when result.json does; undefined: there is none. */
function stampOf(dir: string): string | undefined {
  const stats = statsOf(join(dir, resultFiles.result));
  return stats && `${stats.mtimeMs}|${stats.size}|${stats.ino}`;
}

function lastWriteMs(dir: string): number {
  const written = (['events', 'health', 'server', 'traffic', 'manifest'] as const).map(
    (name) => statsOf(join(dir, resultFiles[name]))?.mtimeMs ?? Number.NEGATIVE_INFINITY,
  );
  return Math.max(...written);
}

/** Of the link itself, if it is one: what a result folder holds are files. */
function statsOf(path: string): Stats | undefined {
  return lstatSync(path, { throwIfNoEntry: false });
}

/** `2026-11-22T10:15:00Z` of `20261122T101500Z-a1b2c3`. */
function startOf(name: string): string | null {
  const match = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z-/.exec(name);
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  return `${year}-${month}-${day}T${hour}:${minute}:${second}Z`;
}

function firstLineOf(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
