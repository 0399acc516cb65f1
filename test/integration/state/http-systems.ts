import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface TestSystem {
  url: string;
  requests: string[];
  stop(): Promise<void>;
}

type Answer = {
  status?: number;
  json?: unknown;
  text?: string;
  headers?: Record<string, string>;
  delayMs?: number;
};

/** A real HTTP server that answers as a system would. */
export async function startSystem(
  answer: (request: {
    method: string;
    url: URL;
    headers: IncomingMessage['headers'];
    body: unknown;
  }) => Answer,
): Promise<TestSystem> {
  const requests: string[] = [];
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    void (async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const url = new URL(request.url ?? '/', 'http://localhost');
      requests.push(`${request.method} ${url.pathname}${url.search}`);
      const body: unknown = text === '' ? undefined : JSON.parse(text);
      const {
        status = 200,
        json,
        text: plain,
        headers,
        delayMs = 0,
      } = answer({
        method: request.method ?? '',
        url,
        headers: request.headers,
        body,
      });
      setTimeout(() => {
        response.writeHead(status, { 'content-type': 'application/json', ...headers });
        response.end(plain ?? (json === undefined ? '' : JSON.stringify(json)));
      }, delayMs);
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
