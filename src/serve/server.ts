import { fastify, type FastifyInstance } from 'fastify';
import type { RunClock } from '../foundation/clock.js';
import { DtenError, codeOf, messageOf } from '../foundation/errors.js';
import { exitCodes } from '../foundation/exit-codes.js';
import { addErrorHandling } from './error-handling.js';
import { allowedHost, isLoopback } from './guard/host-names.js';
import { installGuard } from './guard/install-guard.js';
import { Password } from './guard/password.js';
import { Sessions } from './guard/sessions.js';
import { securityHeaders } from './security-headers.js';
import { addSignIn } from './sign-in.js';

/** No request has a body but the sign-in form and an empty abort. */
const bodyLimitBytes = 4096;
/** How long a request may take to arrive. */
const requestTimeoutMs = 10_000;
const longestParameter = 300;

export interface ServerOptions {
  /** Address or name to listen on. */
  host: string;
  /** 0: any that is free. */
  port: number;
  /** Names beside the loopback's that it may be called by: this machine's, a proxy's. */
  names?: readonly string[];
  /** Of the address to open; undefined: by password only. */
  token?: string;
  /** Demanded where others can reach it. */
  password?: string;
  clock: RunClock;
  routes: readonly ((app: FastifyInstance) => void | Promise<void>)[];
  /** Told of what broke here. */
  onError?: (error: unknown) => void;
}

export interface RunningServer extends AsyncDisposable {
  /** With the token, where there is one. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection; nothing listens afterwards. Idempotent. */
  close(): Promise<void>;
}

/** The process rehearses beside: strangers must not take its descriptors. */
const mostConnections = 256;

/** @throws DtenError (exit 2) when the port cannot be had, or anybody could reach it without a password. */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { host, token, password, clock } = options;
  if (!isLoopback(host) && password === undefined) throw passwordNeeded(host);
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    routerOptions: { maxParamLength: longestParameter },
    forceCloseConnections: true,
    // Whoever is on a proxy's side of the line could write what they like into X-Forwarded-For.
    trustProxy: false,
    // What is no address at all reaches no hook.
    frameworkErrors: (_error, _request, reply) => {
      reply.hijack();
      reply.raw.writeHead(400, { ...securityHeaders, 'content-type': 'application/json; charset=utf-8' });
      reply.raw.end(JSON.stringify({ error: 'That is not an address.' }));
    },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.server.maxConnections = mostConnections;
  let port = options.port;
  const sessions = new Sessions(() => port);
  addErrorHandling(app, options.onError);
  installGuard(app, {
    token,
    sessions,
    allowedHost: allowedHost(host, options.names ?? []),
    signIn: password !== undefined,
  });
  if (password !== undefined) addSignIn(app, new Password(password, clock), sessions);
  for (const route of options.routes) await route(app);
  try {
    await app.listen({ host, port: options.port });
  } catch (error) {
    await app.close();
    throw cannotListen(options, error);
  }
  const address = app.server.address();
  if (typeof address === 'object' && address) port = address.port;
  const shown = host.includes(':') ? `[${host}]` : host;
  let closing: Promise<void> | undefined;
  const close = () => (closing ??= app.close());
  return {
    url: `http://${shown}:${port}/${token === undefined ? '' : `?token=${token}`}`,
    port,
    close,
    [Symbol.asyncDispose]: close,
  };
}

function passwordNeeded(host: string): DtenError {
  return new DtenError('no-password', `others can reach ${host}: that needs a password`, {
    hint: 'Set DTEN_SERVE_PASSWORD or name a --password-file; or leave --host away, and only this machine can reach it.',
    exitCode: exitCodes.badInput,
  });
}

function cannotListen({ host, port }: ServerOptions, error: unknown): DtenError {
  const inUse = codeOf(error) === 'EADDRINUSE';
  return new DtenError('cannot-listen', `cannot listen on ${host}:${port}: ${messageOf(error)}`, {
    hint: inUse ? 'Leave --port away to take any that is free.' : 'Name an address of this machine.',
    exitCode: exitCodes.badInput,
    cause: error,
  });
}
