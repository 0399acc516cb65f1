import { connect, createServer, type AddressInfo } from 'node:net';

/**
 * Stands before Postgres as a connection pooler does: everything passes, but BackendKeyData carries a key of the
 * pooler's own instead of the backend's pid.
 */
export async function startPooler(postgresPort: number): Promise<{ port: number; stop(): void }> {
  const server = createServer((client) => {
    const backend = connect(postgresPort, '127.0.0.1');
    client.pipe(backend);
    let rest = Buffer.alloc(0);
    backend.on('data', (chunk) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 5 && rest.length >= 1 + rest.readUInt32BE(1)) {
        const length = 1 + rest.readUInt32BE(1);
        const message = Buffer.from(rest.subarray(0, length));
        rest = rest.subarray(length);
        if (message[0] === 'K'.charCodeAt(0)) message.writeUInt32BE(4_000_000, 5);
        client.write(message);
      }
    });
    backend.on('close', () => client.destroy());
    for (const socket of [client, backend]) socket.on('error', () => undefined);
    client.on('close', () => backend.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { port: (server.address() as AddressInfo).port, stop: () => server.close() };
}
