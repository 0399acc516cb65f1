import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { openSession } from './pg-sessions.js';

/** Built by docker/build.sh; or name another one, such as postgres:15. */
const image = process.env.DTEN_TEST_POSTGRES_IMAGE ?? 'dten/postgres:15';

/** Why no container can be started here; undefined: one can. DTEN_REQUIRE_DOCKER=1 makes it an error. */
export async function whyNoContainer(): Promise<string | undefined> {
  const probe = await execa('docker', ['image', 'inspect', '--format', 'here', image], {
    reject: false,
    timeout: 10_000,
  });
  if (!probe.failed) return undefined;
  const why = `docker has no image ${image} (docker/build.sh builds it): ${probe.stderr || probe.shortMessage}`;
  if (process.env.DTEN_REQUIRE_DOCKER === '1') throw new Error(why);
  return why;
}

export interface ContainerPostgres {
  /** Of the superuser. */
  url: string;
  stop(): Promise<void>;
}

/** `settings`: arguments of the server. */
export async function startContainerPostgres(
  settings: Readonly<Record<string, string>> = {},
): Promise<ContainerPostgres> {
  const password = randomBytes(12).toString('hex');
  const { stdout: id } = await execa('docker', [
    ...['run', '--detach', '--rm', '--publish', '127.0.0.1::5432', '--label', 'dten.test=steps'],
    ...['--env', `POSTGRES_PASSWORD=${password}`, image],
    ...['postgres', ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
  ]);
  const stop = async () => {
    await execa('docker', ['rm', '--force', '--volumes', id], { reject: false });
  };
  try {
    const { stdout: address } = await execa('docker', ['port', id, '5432/tcp']);
    const url = `postgres://postgres:${password}@${address.split('\n')[0]}/postgres`;
    await untilItAnswers(url);
    return { url, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function untilItAnswers(url: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await using session = await openSession(url);
      await session.query('select 1');
      return;
    } catch (error) {
      if (tries >= 240) throw error;
      await delay(250);
    }
  }
}
