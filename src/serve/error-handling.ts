import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DtenError, messageOf } from '../foundation/errors.js';
import { refusalPage } from './pages/refusal-page.js';
import { securityHeaders } from './security-headers.js';

/** What was asked for is not there, or asked for in a wrong way: said to who asked, in one line. */
export class RequestError extends Error {
  constructor(
    readonly status: 400 | 404 | 409 | 429 | 503,
    message: string,
  ) {
    super(message);
  }
}

/** Answers in the form that was asked for, without a stack; what is a bug here is told to `onError`. */
export function addErrorHandling(
  app: FastifyInstance,
  onError: (error: unknown) => void = () => undefined,
): void {
  app.setNotFoundHandler((request, reply) =>
    answer(request, reply, 404, 'There is nothing at this address.'),
  );
  app.setErrorHandler((error, request, reply) => {
    if (error instanceof RequestError) return answer(request, reply, error.status, error.message);
    if (error instanceof DtenError) {
      const hint = error.hint === undefined ? '' : ` ${error.hint}`;
      return answer(request, reply, 422, `${error.message}.${hint}`);
    }
    const status = statusOf(error);
    if (status < 500) return answer(request, reply, status, messageOf(error));
    onError(error);
    return answer(request, reply, 500, 'dten broke while it answered this; it says more on its terminal.');
  });
}

function statusOf(error: unknown): number {
  const status =
    typeof error === 'object' && error !== null && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 ? status : 500;
}

function answer(request: FastifyRequest, reply: FastifyReply, status: number, why: string): FastifyReply {
  reply.code(status).headers(securityHeaders);
  return request.headers.accept?.includes('text/html') === true
    ? reply.type('text/html; charset=utf-8').send(refusalPage(status, why))
    : reply.send({ error: why });
}
