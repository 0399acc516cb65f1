import type { Finding } from '../model/verdict.js';
import { plain } from './plain-text.js';

/** `14 CREATE INDEX: it reads all of orders under ShareLock …`; undefined where the finding is about no hazard. */
export function hazardText({ hazard }: Finding): string | undefined {
  return hazard && plain(`${hazard.number} ${hazard.name}: ${hazard.explanation}`);
}

/** The linter's hints, each on one line, marked where the run says otherwise. */
export function hintTexts({ hints = [] }: Finding): string[] {
  return hints.map(({ rule, message, contradicted }) =>
    plain(
      `${rule}: ${message}${contradicted === undefined ? '' : ` – CONTRADICTED by the run: ${contradicted}`}`,
    ),
  );
}

/** The safe way's lines, as they can be copied: not cut, not wrapped. */
export function twinLines({ twin }: Finding): string[] {
  return twin === undefined
    ? []
    : twin.split('\n').map((line) => `${/^\s*/.exec(line)?.[0] ?? ''}${plain(line.trimStart())}`);
}
