import { messageOf } from '../../foundation/errors.js';
import type { Database } from '../../model/contracts.js';
import type { LockCoverage } from '../../model/observation.js';
import type { ServerSession } from '../server-session.js';
import { lockLineOf, type LockLine } from './lock-line.js';
import { logSize, readLogPlace, readLogSettings, type LogPlace, type LogSettings } from './log-settings.js';
import { LogTail } from './log-tail.js';

/** The server's log as a channel of lock waits: what it can say, and what it said. */
export class LogChannel {
  private readonly tail: LogTail;
  private place: LogPlace = { offsetUs: 0, file: undefined };
  private settings: LogSettings | undefined;
  private everUnavailable = false;

  constructor(
    private readonly database: Pick<Database, 'readLog' | 'name' | 'toRunUs'>,
    private readonly session: ServerSession,
    private readonly degrade: (lost: string) => void,
  ) {
    this.tail = new LogTail(database);
  }

  async start(): Promise<void> {
    try {
      this.settings = await readLogSettings(this.session);
      this.place = await readLogPlace(this.session);
    } catch (error) {
      this.degrade(`the server’s log settings could not be read: ${messageOf(error)}`);
    }
    const { file } = this.place;
    await this.tail.skipToEnd(file === undefined ? undefined : await logSize(this.session, file));
    this.noteUnavailable();
    if (this.settings && !this.settings.logsWaits) {
      this.degrade('log_lock_waits is off: the log shows lock waits only where an error ended them');
    }
    if (this.settings && !this.settings.english) {
      this.degrade(
        'the server’s messages are not in English (lc_messages): lock waits in its log are not read',
      );
    }
  }

  /** Tells what of the log was not read; once, when no more is. */
  end(): void {
    const { tornLines } = this.tail;
    if (tornLines > 0) {
      this.degrade(
        `${tornLines === 1 ? 'a line' : `${tornLines} lines`} of the server’s log could not be read (torn): what only the log tells of lock waits may be missing`,
      );
    }
  }

  /** Lines since the last call, in run time. */
  async read(): Promise<LockLine[]> {
    try {
      this.place = await readLogPlace(this.session);
    } catch {
      // The server may be down; the log on disk can still be read with the offset known.
    }
    const entries = await this.tail.read(this.place.offsetUs);
    this.noteUnavailable();
    return entries.flatMap((entry) => {
      const line = lockLineOf(entry, this.database.toRunUs(entry.epochUs).atUs);
      return line ? [line] : [];
    });
  }

  get deadlockTimeoutMs(): number | null {
    return this.settings?.deadlockTimeoutMs ?? null;
  }

  /** Every error that ended a wait is in what was read. */
  get showsErrors(): boolean {
    return (
      !this.everUnavailable &&
      this.tail.lost === undefined &&
      this.tail.tornLines === 0 &&
      this.settings?.logsErrors === true
    );
  }

  get state(): LockCoverage['log'] {
    const { unavailable } = this.tail;
    if (unavailable !== undefined) {
      return /permission|denied|privilege|superuser|must be/i.test(unavailable) ? 'denied' : 'off';
    }
    return this.settings?.logsWaits === true && this.settings.english ? 'read' : 'off';
  }

  private noteUnavailable(): void {
    if (this.tail.lost !== undefined) {
      this.degrade(
        `the server’s log: ${this.tail.lost}: what only its lost lines tell of lock waits is missing`,
      );
    }
    const { unavailable } = this.tail;
    if (unavailable === undefined || this.everUnavailable) return;
    this.everUnavailable = true;
    this.degrade(`the server’s log: ${unavailable}`);
  }
}
