import { seriesKinds, type SeriesKind } from '../model/observation.js';
import { phases } from '../model/scenario.js';

/** What the log's format gives a meaning to inside a tag (comma, whitespace, line ends), what dten does (`|`), and %. */
const reserved = /[\s,|%\p{Cc}]/gu;

/** The tag of a series: `endpoint|phase|kind`, the endpoint percent-encoded where the format needs it. */
export function encodeTag(endpoint: string, phase: number, kind: SeriesKind): string {
  return `${endpoint.replace(reserved, encodeURIComponent)}|${phases[phase] ?? phase}|${kind}`;
}

/** Endpoint name, index of the phase and kind of a tag; undefined if it is not one of dten's. */
export function decodeTag(tag: string): { endpoint: string; phase: number; kind: SeriesKind } | undefined {
  const [name, phaseName, kindName, ...rest] = tag.split('|');
  const phase = phases.findIndex((known) => known === phaseName);
  const kind = seriesKinds.find((known) => known === kindName);
  if (name === undefined || phase < 0 || kind === undefined || rest.length > 0) return undefined;
  try {
    return { endpoint: decodeURIComponent(name), phase, kind };
  } catch {
    return undefined; // a stray % sequence
  }
}
