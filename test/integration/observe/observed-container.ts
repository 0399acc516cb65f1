import { TeardownStack } from '../../../src/foundation/teardown.js';
import { logThroughSql } from '../../../src/environment/database/server-log.js';
import { containerSettings } from '../../../src/environment/embedded/configuration.js';
import { startContainerPostgres } from '../steps/container-postgres.js';
import { openSession } from '../steps/pg-sessions.js';
import { sceneServer, type SceneServer } from './observed-server.js';

/** The container's Postgres (15 or later: its log is read as jsonlog, through SQL). */
export async function startObservedContainer(settings: Record<string, string> = {}): Promise<SceneServer> {
  const postgres = await startContainerPostgres({
    ...containerSettings(settings),
    log_destination: 'jsonlog',
  });
  const sessions = new TeardownStack();
  const readLog = logThroughSql(() => openSession(postgres.url), sessions);
  return sceneServer(postgres.url, readLog, async () => {
    await sessions.run();
    await postgres.stop();
  });
}
