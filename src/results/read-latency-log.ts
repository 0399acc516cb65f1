import { decodeFromCompressedBase64 } from 'hdr-histogram-js';
import { fromHdr } from '../histogram/hdr.js';
import { Counts } from '../histogram/counts.js';
import type { SeriesSecond } from '../model/result.js';
import { decodeTag } from './latency-tag.js';
import { readLines, type OnDamage } from './read-lines.js';

/**
 * Reads latency.hlog. Intervals of one tag and second add up. The compressed payload ends in a checksum, so a line
 * that was cut or changed is found, and told as damage.
 */
export async function readLatencyLog(
  path: string,
  endpoints: readonly string[],
  onDamage: OnDamage,
): Promise<SeriesSecond[]> {
  const indexOfName = new Map(endpoints.map((name, index) => [name, index]));
  const series = new Map<string, SeriesSecond>();
  await readLines(path, onDamage, (line) => {
    if (line.startsWith('#') || line.startsWith('"')) return;
    const [head, start, , , payload, ...rest] = line.split(',');
    if (payload === undefined || rest.length > 0) throw new Error('not an interval line');
    const tag = head?.startsWith('Tag=') ? decodeTag(head.slice('Tag='.length)) : undefined;
    if (!tag) throw new Error(`not a tag of dten: ${JSON.stringify(head)}`);
    const endpoint = indexOfName.get(tag.endpoint);
    if (endpoint === undefined) throw new Error(`the plan has no endpoint ${JSON.stringify(tag.endpoint)}`);
    const second = Number(start);
    if (!Number.isInteger(second)) throw new Error(`not a whole second: ${JSON.stringify(start)}`);

    const { phase, kind } = tag;
    const counts = fromHdr(decodeFromCompressedBase64(payload)).toSparse();
    const key = `${endpoint}|${phase}|${kind}|${second}`;
    const known = series.get(key);
    series.set(key, { endpoint, phase, kind, second, ...(known ? Counts.of(known, counts).toSparse() : counts) });
  });
  return [...series.values()];
}
