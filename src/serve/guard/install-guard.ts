import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { refusalPage } from '../pages/refusal-page.js';
import { securityHeaders } from '../security-headers.js';
import { sameSecret } from './secrets.js';
import type { Session, Sessions } from './sessions.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** Of who signed in by cookie; undefined: not signed in, or by a bearer token. */
    session: Session | undefined;
  }
  interface FastifyContextConfig {
    /** May be had without signing in: style sheets, scripts, and the form to sign in with. */
    open?: boolean;
  }
}

export interface GuardOptions {
  /** Of the address that was printed; undefined: one signs in by password only. */
  token: string | undefined;
  sessions: Sessions;
  allowedHost(header: string | undefined): boolean;
  /** There is a form to sign in with. */
  signIn: boolean;
}

/**
 * Stands before every route, those that do not exist included: what it is called by, who asks, and, of what changes
 * something, from where.
 */
export function installGuard(app: FastifyInstance, options: GuardOptions): void {
  app.decorateRequest('session', undefined);
  app.addHook('onRequest', async (request, reply) => {
    reply.headers(securityHeaders);
    if (!options.allowedHost(request.headers.host)) {
      return refuse(
        request,
        reply,
        421,
        'This server is not called that. Use the address that dten printed.',
      );
    }
    const changes = request.method !== 'GET' && request.method !== 'HEAD';
    if (changes && !sameOrigin(request)) return refuse(request, reply, 403, 'A request from another site.');
    if (request.routeOptions.config.open === true) return undefined;

    const { token } = options;
    const inAddress = tokenInAddress(request);
    if (inAddress !== undefined && token !== undefined && !changes && sameSecret(inAddress, token)) {
      return exchangeToken(request, reply, options.sessions);
    }
    const bearer = /^Bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
    if (bearer !== undefined && token !== undefined && sameSecret(bearer, token)) return undefined;
    request.session = options.sessions.of(request.headers.cookie);
    if (!request.session) return unknownReader(request, reply, options);
    if (changes && !carriesCsrf(request, request.session)) {
      return refuse(request, reply, 403, 'The page is out of date: load it again.');
    }
    return undefined;
  });
}

/** The cookie instead of the token, and an address that can be shown to others. */
function exchangeToken(request: FastifyRequest, reply: FastifyReply, sessions: Sessions): FastifyReply {
  const url = new URL(`http://server/${request.url.replace(/^[/\\]+/, '')}`);
  url.searchParams.delete('token');
  return reply.header('set-cookie', sessions.open()).redirect(`${url.pathname}${url.search}`, 303);
}

function unknownReader(request: FastifyRequest, reply: FastifyReply, { signIn }: GuardOptions): FastifyReply {
  if (signIn && request.method === 'GET' && wantsPage(request)) return reply.redirect('/sign-in', 303);
  const how = signIn ? 'Sign in first.' : 'Open the address that dten printed: it carries the token.';
  return refuse(request, reply.header('www-authenticate', 'Bearer'), 401, how);
}

function refuse(request: FastifyRequest, reply: FastifyReply, status: number, why: string): FastifyReply {
  reply.code(status);
  return wantsPage(request)
    ? reply.type('text/html; charset=utf-8').send(refusalPage(status, why))
    : reply.send({ error: why });
}

function wantsPage(request: FastifyRequest): boolean {
  return request.headers.accept?.includes('text/html') === true;
}

function tokenInAddress(request: FastifyRequest): string | undefined {
  const { token } = request.query as { token?: unknown };
  return typeof token === 'string' ? token : undefined;
}

/** Programs send neither header; browsers always send one, and a page cannot change them. */
function sameOrigin(request: FastifyRequest): boolean {
  const { origin, host } = request.headers;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin') return false;
  return origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
}

function carriesCsrf(request: FastifyRequest, session: Session): boolean {
  const given = request.headers['x-dten-csrf'];
  // A cookie alone proves nothing about where a request came from; browsers name the origin of what changes something.
  return typeof given === 'string' && request.headers.origin !== undefined && sameSecret(given, session.csrf);
}
