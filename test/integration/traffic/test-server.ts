import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Target } from '../../../src/model/contracts.js';

export interface Asked {
  method: string;
  path: string;
  body: string;
  headers: IncomingMessage['headers'];
  response: ServerResponse;
  socket: Socket;
}

/** A real HTTP server that does what the test says, and remembers what it was asked. */
export class TestServer {
  readonly asked: Asked[] = [];
  connections = 0;

  private constructor(
    private readonly server: Server,
    readonly port: number,
  ) {}

  static async start(answer: (asked: Asked, nth: number) => void, port = 0): Promise<TestServer> {
    const listen: { made?: TestServer } = {};
    const server = createServer((incoming, response) => {
      let body = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (body += chunk));
      incoming.on('end', () => {
        const { method = '', url = '', headers, socket } = incoming;
        const asked = { method, path: url, body, headers, response, socket };
        listen.made?.asked.push(asked);
        answer(asked, listen.made?.asked.length ?? 0);
      });
    });
    // Never the first to close an idle connection: what fails in a test is what the test made fail.
    server.keepAliveTimeout = 0;
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const made = new TestServer(server, (server.address() as AddressInfo).port);
    server.on('connection', () => (made.connections += 1));
    listen.made = made;
    return made;
  }

  get target(): Target {
    return targetAt(this.port);
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

export function targetAt(port: number): Target {
  return { origin: `http://127.0.0.1:${port}`, replica: `shop#${port}` };
}

/** A port that nobody listens on. */
export async function closedPort(): Promise<number> {
  const server = await TestServer.start(() => undefined);
  await server.stop();
  return server.port;
}

export function answerJson({ response }: Asked, value: unknown, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}
