import { Client, buildConnector, type Dispatcher } from 'undici';
import { codeOf, messageOf } from '../foundation/errors.js';
import type { Target } from '../model/contracts.js';
import type { HttpMessage } from './compile-endpoint.js';
import type { AttemptEnd, HttpExpectation } from './expectation.js';
import type { Exchange, LiveRequest } from './live-request.js';
import type { Fate, Link, LinkEvents } from './slot.js';

/** From the connect call to a connection; requests have deadlines of their own. */
const connectTimeoutMs = 10_000;
/** Production pools keep idle connections; a server that says `Keep-Alive: timeout=n` is obeyed. */
const keepAliveMs = 60_000;

/** One HTTP/1.1 connection: undici's Client without pipelining, and without its own timeouts. */
export class HttpLink implements Link {
  connected = false;
  connecting = false;
  private client: Client;
  private readonly origin: string;
  private readonly pathPrefix: string;

  constructor(
    target: Target,
    readonly events: LinkEvents,
  ) {
    const url = new URL(target.origin);
    this.origin = url.origin;
    this.pathPrefix = url.pathname === '/' ? '' : url.pathname.replace(/\/$/, '');
    this.client = this.open();
  }

  send(request: LiveRequest): void {
    if (request.shape.kind !== 'http') throw new TypeError('not an HTTP request');
    const { method, path, headers, body } = request.message as HttpMessage;
    const exchange = new HttpExchange(this, request, request.shape.expectation);
    request.exchange = exchange;
    this.client.dispatch(
      { method, path: this.pathPrefix === '' ? path : this.pathPrefix + path, headers, body },
      exchange,
    );
  }

  close(): void {
    this.client.close().catch(() => undefined);
  }

  /**
   * The connection was cut with a request on it. undici keeps an aborted request queued and would connect anew for
   * it at once, whatever rest the slot has to keep: so its client goes, too.
   */
  renew(): void {
    this.client.destroy().catch(() => undefined);
    this.client = this.open();
  }

  private open(): Client {
    this.connected = false;
    this.connecting = false;
    const connect = buildConnector({ timeout: connectTimeoutMs, allowH2: false });
    const client: Client = new Client(this.origin, {
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs,
      connect: (options, done) => {
        this.connecting = true;
        this.events.connecting();
        connect(options, done);
      },
    });
    client.on('connect', () => {
      if (client !== this.client) return;
      this.connected = true;
      this.connecting = false;
    });
    client.on('disconnect', () => {
      if (client === this.client) this.connected = false;
    });
    return client;
  }
}

/**
 * One attempt: undici's handler. The callbacks by raw headers (undici 7 has both kinds) spare parsing headers that
 * nobody reads.
 */
class HttpExchange implements Exchange, Dispatcher.DispatchHandler {
  private abort: ((reason?: Error) => void) | undefined;
  private status = 0;
  private chunks: Buffer[] | undefined;
  private readonly wasConnected: boolean;

  constructor(
    private readonly link: HttpLink,
    /** Undefined once abandoned. */
    private request: LiveRequest | undefined,
    private readonly expectation: HttpExpectation,
  ) {
    this.wasConnected = link.connected;
  }

  abandon(): void {
    this.request = undefined;
    // Not on the wire yet: it is dropped when the connection stands, or fails to.
    this.abort?.(abandoned);
  }

  onConnect(abort: (reason?: Error) => void): void {
    this.abort = abort;
    if (this.request) this.request.sentUs = this.link.events.nowUs();
    else abort(abandoned);
  }

  onHeaders(status: number): boolean {
    this.status = status;
    return true;
  }

  onData(chunk: Buffer): boolean {
    if (this.expectation.needsBody) (this.chunks ??= []).push(chunk);
    return true;
  }

  onComplete(): void {
    const { request } = this;
    this.request = undefined;
    const body = this.chunks ? Buffer.concat(this.chunks).toString() : '';
    const end = request ? this.expectation.judge(this.status, body, request) : unasked;
    this.link.events.ended(request, end, 'clean');
  }

  onError(error: Error): void {
    const { request } = this;
    this.request = undefined;
    const [end, fate] = this.failure(error);
    // undici says so only later; what is free must not pass for connected meanwhile.
    if (fate !== 'clean') this.link.connected = false;
    if (fate === 'cut') this.link.renew();
    this.link.events.ended(request, end, fate);
  }

  private failure(error: Error): [AttemptEnd, Fate] {
    if (error === abandoned) return [unasked, 'cut'];
    const code = codeOf(error);
    if (code === 'UND_ERR_INVALID_ARG') {
      // undici refused to write it: the scenario's fault, and nothing reached the system.
      return [{ kind: 'dropped', reason: `invalid request: ${messageOf(error)}` }, 'clean'];
    }
    const reason = (code !== undefined && (plainReasons[code] ?? code)) || messageOf(error);
    const end: AttemptEnd = { kind: 'connectionError', reason };
    if (this.abort) return [end, 'lost'];
    // Idle connections die unnoticed; undici may have tried to connect anew meanwhile.
    return [end, this.wasConnected && !this.link.connecting ? 'lost unsent' : 'not connected'];
  }
}

const abandoned = new Error('abandoned');
const unasked: AttemptEnd = { kind: 'ok' };

const plainReasons: Record<string, string> = {
  UND_ERR_SOCKET: 'connection closed',
  UND_ERR_CONNECT_TIMEOUT: 'connect timeout',
};
