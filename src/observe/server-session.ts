import type { Database, PgResult, PgSession } from '../model/contracts.js';
import { codeOf } from '../foundation/errors.js';

/** An observer never queues long for anything, and never outlives its use. */
const sessionSettings = `set lock_timeout = '1s'; set statement_timeout = '5s'; set jit = off`;

/** One observer's connection, made when first needed and again after it was lost. Queries run one after another. */
export class ServerSession implements AsyncDisposable {
  private session: PgSession | undefined;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly database: Pick<Database, 'connect'>,
    private readonly name: string,
    /** Default: the rehearsed one. */
    private readonly databaseName?: string,
  ) {}

  query(sql: string, params?: unknown[]): Promise<PgResult> {
    const next = this.last.then(() => this.run(sql, params));
    this.last = next.catch(() => undefined);
    return next;
  }

  private async run(sql: string, params?: unknown[]): Promise<PgResult> {
    if (!this.session) {
      const session = await this.database.connect({
        consumer: { kind: 'observer', name: this.name },
        role: 'owner',
        ...(this.databaseName !== undefined && { database: this.databaseName }),
      });
      this.session = session;
      await session.query(sessionSettings);
    }
    try {
      return await this.session.query(sql, params);
    } catch (error) {
      // What the server merely refused leaves the connection whole.
      if (!/^(?:[1-4]|55|57014)/.test(codeOf(error) ?? '')) await this.drop();
      throw error;
    }
  }

  private async drop(): Promise<void> {
    const { session } = this;
    this.session = undefined;
    await session?.close().catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.last;
    await this.drop();
  }
}
