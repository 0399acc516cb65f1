import type { FastifyInstance } from 'fastify';
import type { Password } from './guard/password.js';
import type { Sessions } from './guard/sessions.js';
import { signInPage } from './pages/sign-in-page.js';

const html = 'text/html; charset=utf-8';
const open = { config: { open: true } };

/** A form that exchanges the password for a cookie. */
export function addSignIn(app: FastifyInstance, password: Password, sessions: Sessions): void {
  app.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string' },
    (_request, body, done) => {
      done(null, new URLSearchParams(body.toString()));
    },
  );
  app.get('/sign-in', open, (_request, reply) => reply.type(html).send(signInPage()));
  app.post('/sign-in', open, async (request, reply) => {
    const given = request.body instanceof URLSearchParams ? request.body.get('password') : null;
    const answer = await password.check(given ?? '', request.ip);
    switch (answer) {
      case 'right':
        return reply.header('set-cookie', sessions.open()).redirect('/', 303);
      case 'wrong':
        return reply.code(401).type(html).send(signInPage('That is not the password.'));
      case 'too many tries':
        return reply
          .code(429)
          .header('retry-after', '60')
          .type(html)
          .send(signInPage('Too many tries. Wait a minute.'));
    }
  });
}
