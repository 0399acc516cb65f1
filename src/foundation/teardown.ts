import { messageOf } from './errors.js';

interface Entry {
  name: string;
  undo: () => Promise<void> | void;
}

/**
 * Undo actions, run in reverse, each once, within a deadline of their own: a teardown that inherited an
 * expired deadline would leave things running. Register an undo *before* what it undoes.
 */
export class TeardownStack {
  private readonly entries: Entry[] = [];
  private running: Promise<string[]> | undefined;

  /** Registers an undo; the returned function runs it now and takes it off the stack. */
  defer(name: string, undo: () => Promise<void> | void): () => Promise<void> {
    const entry: Entry = { name, undo };
    this.entries.push(entry);
    return async () => {
      const at = this.entries.indexOf(entry);
      if (at < 0) return;
      this.entries.splice(at, 1);
      await entry.undo();
    };
  }

  /** Runs everything; returns what failed or ran out of time, as lines. Idempotent. */
  run(deadlineMsEach = 15_000): Promise<string[]> {
    this.running ??= this.unwind(deadlineMsEach);
    return this.running;
  }

  private async unwind(deadlineMsEach: number): Promise<string[]> {
    const failures: string[] = [];
    for (let entry = this.entries.pop(); entry; entry = this.entries.pop()) {
      const { name, undo } = entry;
      let timer: NodeJS.Timeout | undefined;
      const deadline = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`not done within ${deadlineMsEach} ms`)), deadlineMsEach);
      });
      try {
        await Promise.race([Promise.resolve().then(undo), deadline]);
      } catch (error) {
        failures.push(`${name}: ${messageOf(error)}`);
      } finally {
        clearTimeout(timer);
      }
    }
    return failures;
  }
}
