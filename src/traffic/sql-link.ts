import { connect as connectSocket } from 'node:net';
import pg from 'pg';
import { codeOf, messageOf } from '../foundation/errors.js';
import type { Target } from '../model/contracts.js';
import type { SqlMessage } from './compile-endpoint.js';
import type { AttemptEnd } from './expectation.js';
import type { Exchange, LiveRequest } from './live-request.js';
import type { Fate, Link, LinkEvents } from './slot.js';

const connectTimeoutMs = 10_000;
const unasked: AttemptEnd = { kind: 'ok' };

/**
 * SQLSTATEs that end the session: class 08 (connection exception; but 08P01, a protocol violation such as a wrong
 * number of parameters, is an answer) and 57P0x (shutdown, crash, cannot connect now, database dropped, idle
 * timeout). https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const sessionEnds = /^(?:0800[0-9]|57P0[1-5])$/;

/** One session: connects when first needed, and again after it was lost. */
export class SqlLink implements Link {
  private client: pg.Client | undefined;
  private ready = false;

  constructor(
    private readonly target: Target,
    readonly events: LinkEvents,
  ) {}

  get connected(): boolean {
    return this.ready;
  }

  send(request: LiveRequest): void {
    const exchange = new SqlExchange(this, request);
    request.exchange = exchange;
    if (this.client && this.ready) exchange.run(this.client);
    else void this.connect(exchange);
  }

  close(): void {
    const { client } = this;
    this.drop();
    client?.end().catch(() => undefined);
  }

  /** The session is gone, or not to be used again. */
  drop(): void {
    this.client = undefined;
    this.ready = false;
  }

  private async connect(exchange: SqlExchange): Promise<void> {
    this.events.connecting();
    const client = new pg.Client({
      connectionString: this.target.origin,
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
    });
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    this.client = client;
    try {
      await client.connect();
      this.ready = this.client === client;
      if (this.ready) exchange.run(client);
      else exchange.failed(new Error('connection closed'), 'not connected');
    } catch (error) {
      this.lost(client);
      client.end().catch(() => undefined);
      exchange.failed(error, 'not connected');
    }
  }

  private lost(client: pg.Client): void {
    if (this.client === client) this.drop();
  }
}

class SqlExchange implements Exchange {
  private client: pg.Client | undefined;

  constructor(
    private readonly link: SqlLink,
    /** Undefined once abandoned. */
    private request: LiveRequest | undefined,
  ) {}

  /**
   * Its deadline has passed: the statement is cancelled and the session ended, so that backends waiting for a lock
   * do not pile up beyond the connections that production has.
   */
  abandon(): void {
    this.request = undefined;
    const { client } = this;
    if (!client) return; // still connecting: `run` finds no request
    this.client = undefined;
    this.link.drop();
    cancel(client);
    client.end().catch(() => undefined);
    this.link.events.ended(undefined, unasked, 'cut');
  }

  run(client: pg.Client): void {
    const { request } = this;
    if (!request) {
      this.link.events.ended(undefined, unasked, 'clean');
      return;
    }
    this.client = client;
    request.sentUs = this.link.events.nowUs();
    const { name, text, values } = request.message as SqlMessage;
    client.query(name === undefined ? { text, values } : { name, text, values }, (error, result) => {
      if (this.client === undefined) return; // abandoned: its session was ended
      this.client = undefined;
      // pg passes null, whatever its types say.
      const failure = error as Error | null;
      if (failure) this.failed(failure, 'clean');
      else this.answered(result);
    });
  }

  failed(error: unknown, fate: 'clean' | 'not connected'): void {
    const { request } = this;
    this.request = undefined;
    const code = codeOf(error);
    const answered = fate === 'clean' && error instanceof pg.DatabaseError && !sessionEnds.test(code ?? '');
    const reason = code ?? plainReason(messageOf(error));
    const end: AttemptEnd = { kind: answered ? 'httpError' : 'connectionError', reason };
    let lasting: Fate = fate;
    if (fate === 'clean' && !answered) {
      this.link.close();
      lasting = 'lost';
    }
    this.link.events.ended(request, end, lasting);
  }

  private answered(result: pg.QueryResult | pg.QueryResult[]): void {
    const { request } = this;
    this.request = undefined;
    // Several statements in one text give several results; the last one counts.
    const last = Array.isArray(result) ? result.at(-1) : result;
    const end =
      request?.shape.kind === 'sql'
        ? request.shape.judge(last?.rows ?? [], last?.rowCount ?? null, request)
        : unasked;
    this.link.events.ended(request, end, 'clean');
  }
}

function plainReason(message: string): string {
  return /terminated|closed|ended/i.test(message) ? 'connection closed' : message;
}

/**
 * Sends a CancelRequest on a connection of its own, as libpq's PQcancel does; nobody answers it
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS).
 */
function cancel(client: pg.Client): void {
  const { processID, secretKey } = client as pg.Client & { processID?: number; secretKey?: number };
  if (typeof processID !== 'number' || typeof secretKey !== 'number') return;
  const message = Buffer.alloc(16);
  message.writeInt32BE(16, 0);
  message.writeInt32BE(80_877_102, 4);
  message.writeInt32BE(processID, 8);
  message.writeInt32BE(secretKey, 12);
  const { host, port } = client;
  const socket = host.startsWith('/')
    ? connectSocket(`${host}/.s.PGSQL.${port}`)
    : connectSocket({ host, port });
  socket.on('error', () => undefined);
  socket.setTimeout(connectTimeoutMs, () => socket.destroy());
  socket.end(message);
}
