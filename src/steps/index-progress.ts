import type { PgSession } from '../model/contracts.js';
import type { StatementTrace } from '../model/observation.js';

type Phases = NonNullable<StatementTrace['phases']>;

const progressSql =
  'select p.phase from pg_catalog.pg_stat_progress_create_index p where p.pid = $1 and p.phase is not null';

/** The phases that CREATE INDEX and REINDEX CONCURRENTLY go through, as polling saw them: brief ones may be missing. */
export class IndexProgress {
  private readonly seen: { phase: string; fromUs: number; toUs: number }[] = [];

  constructor(
    private readonly observer: Pick<PgSession, 'query'>,
    private readonly pid: number,
    private readonly nowUs: () => number,
  ) {}

  async poll(): Promise<void> {
    const { rows } = await this.observer.query(progressSql, [this.pid]);
    const atUs = this.nowUs();
    const phase = rows[0]?.phase;
    const last = this.seen.at(-1);
    if (last) last.toUs = atUs;
    if (typeof phase === 'string' && phase !== last?.phase)
      this.seen.push({ phase, fromUs: atUs, toUs: atUs });
  }

  get phases(): Phases {
    return this.seen.map(({ phase, fromUs, toUs }) => ({ phase, ms: (toUs - fromUs) / 1000 }));
  }
}
