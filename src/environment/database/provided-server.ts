import type { LogChunk } from '../../model/contracts.js';
import type { DataFiles } from '../snapshot/data-files.js';

/** A Postgres server, wherever it came from. */
export interface ProvidedServer {
  /** For the fingerprint: `embedded`, `container postgres:17`, `external`. */
  readonly provide: string;
  /** As the harness and processes reach it; a restart may change the port. */
  address(): { host: string; port: number };
  /** As containers of the run reach it; undefined: they cannot. */
  containerAddress(): { host: string; port: number } | undefined;
  readonly user: string;
  readonly password: string | undefined;
  /** Of the URL: sslmode and the like. */
  readonly params: Readonly<Record<string, string>>;
  /** To connect to before the rehearsed database exists. For an external server it is the rehearsed one. */
  readonly maintenanceDatabase: string;
  /** An external database is the user's: it is rehearsed in place, never dropped, cloned or restarted. */
  readonly ours: boolean;
  readLog(fromByte: number): Promise<LogChunk | { unavailable: string }>;
  restart?(): Promise<void>;
  /** Where the data directory is dten's to stop, copy and put back. */
  files?: DataFiles | undefined;
}
