import type { Database } from '../../model/contracts.js';
import type { SnapshotName } from '../../model/residue.js';
import type { ItemShape } from '../items.js';

/** What was read. `problem`: why it may not be all there is; what was read until then is kept. */
export interface Documents {
  documents: unknown[];
  problem?: string;
}

/** What a source may use. It only ever reads. */
export interface SourceSetting {
  probe: string;
  snapshot: SnapshotName;
  baseDir: string;
  database: Database | undefined;
  /** Aborted at the probe's deadline. */
  signal: AbortSignal;
  timeoutMs: number;
  /** Fills in `${…}`. @throws where a value is missing */
  render: (text: string) => string;
  /** The environment that a service runs with now; undefined: not known. */
  environmentOf: (service: string) => Readonly<Record<string, string>> | undefined;
}

export interface Source {
  /** What a probe of this kind selects, unless it says otherwise. */
  defaults: Partial<ItemShape>;
  /** A throw is a reading that failed, with its message as the reason. */
  read(setting: SourceSetting): Promise<Documents>;
}

export function renderAll(
  texts: Readonly<Record<string, string>>,
  { render }: Pick<SourceSetting, 'render'>,
): Record<string, string> {
  return Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, render(text)]));
}
