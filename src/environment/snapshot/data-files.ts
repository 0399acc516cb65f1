/** A server's data directory, as files: what can be done with it while the server is stopped. */
export interface DataFiles {
  /** In order: sessions are ended, a checkpoint is written. */
  stop(): Promise<void>;
  /** Resolves when it answers. */
  start(): Promise<void>;
  /** Copies the data directory beside itself; returns the bytes copied. The server is stopped. */
  save(signal: AbortSignal): Promise<number>;
  /** Puts a copy of what was saved in its place; returns the bytes copied. The server's log is kept as it is. */
  putBack(signal: AbortSignal): Promise<number>;
}
