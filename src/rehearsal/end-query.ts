import { sleep } from '../foundation/clock.js';
import type { PgSession } from '../model/contracts.js';

/** A cancel may reach the server before the query does, or not at all: it is sent again this often, … */
const cancelEveryMs = 250;
/** … and after so many the connection is ended. */
const cancels = 8;

/** Cancels what a session runs until it is over; a session that does not listen is closed. */
export async function endQuery(session: PgSession, isOver: () => boolean): Promise<void> {
  for (let sent = 0; !isOver() && sent < cancels; sent++) {
    await session.cancel().catch(() => undefined);
    await sleep(cancelEveryMs);
  }
  if (!isOver()) await session.close();
}
