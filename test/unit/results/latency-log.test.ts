import { mkdtemp, writeFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HistogramLogReader, listTags } from 'hdr-histogram-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { phases } from '../../../src/model/scenario.js';
import { seriesKinds } from '../../../src/model/observation.js';
import { Counts } from '../../../src/histogram/counts.js';
import { fromHdr } from '../../../src/histogram/hdr.js';
import { decodeTag, encodeTag } from '../../../src/results/latency-tag.js';
import { readLatencyLog } from '../../../src/results/read-latency-log.js';
import { LatencyLog } from '../../../src/results/write-latency-log.js';
import { endpointNames, series } from './sample.js';

let dir: string;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'dten-hlog-'));
});
afterAll(() => rm(dir, { recursive: true }));

const latencies = [0, 1, 2_047, 2_048, 2_049, 123_456, 123_456, 30_000_000, 2 ** 31 - 1];

function written(): string {
  let text = '';
  const log = new LatencyLog((part) => (text += part), endpointNames);
  log.head(1_700_000_000_123_000);
  for (const second of [0, 1, 7]) {
    for (const endpoint of [0, 1]) {
      for (const kind of seriesKinds) {
        const { index, count } = series(endpoint, 2, kind, latencies.slice(0, second + 2));
        log.interval(second, { endpoint, phase: 2, kind, parts: [{ index, count }] });
      }
    }
  }
  return text;
}

describe('latency.hlog', () => {
  it('is decoded by hdr-histogram-js with equal counts, times, tags and maximum', () => {
    const text = written();
    expect(listTags(text)).toHaveLength(8);
    const reader = new HistogramLogReader(text);
    let intervals = 0;
    for (let next = reader.nextIntervalHistogram(); next; next = reader.nextIntervalHistogram()) {
      const second = Math.round((next.startTimeStampMsec - 1_700_000_000_123) / 1000);
      expect([0, 1, 7]).toContain(second);
      expect(next.endTimeStampMsec - next.startTimeStampMsec).toBeCloseTo(1000);
      const tag = decodeTag(next.tag);
      expect(tag).toMatchObject({ phase: 2 });
      const planted = latencies.slice(0, second + 2);
      const counts = fromHdr(next).toSparse();
      expect(counts).toEqual(Counts.of(series(0, 2, 'response', planted)).toSparse());
      expect(next.totalCount).toBe(planted.length);
      intervals += 1;
    }
    expect(intervals).toBe(24);
  });

  it('says when run zero was and what its numbers mean', () => {
    const head = written().split('\n').slice(0, 6).join('\n');
    expect(head).toContain('#[Histogram log format version 1.3]');
    expect(head).toContain('#[StartTime: 1700000000.123 (seconds since epoch), 2023-11-14T22:13:20.123Z]');
    expect(head).toContain('#[BaseTime: 1700000000.123 (seconds since epoch)]');
    expect(head).toContain('values are microseconds');
    expect(head).toContain('maxValueUnitRatio 1000');
    expect(head).toContain('"StartTimestamp"');
    expect(written()).not.toMatch(/\n\n/);
  });

  it('is read back whole, and adds intervals of one second up', async () => {
    const path = join(dir, 'twice.hlog');
    await writeFile(path, written() + written());
    const damage: string[] = [];
    const read = await readLatencyLog(path, endpointNames, (line) => damage.push(line));
    expect(damage).toEqual([]);
    expect(read).toHaveLength(24);
    const one = read.find((s) => s.endpoint === 1 && s.kind === 'lag' && s.second === 7);
    const planted = [...latencies, ...latencies];
    expect({ index: one?.index, count: one?.count }).toEqual(
      Counts.of(series(1, 2, 'lag', planted)).toSparse(),
    );
  });

  it('tells of every line that is cut or changed, and keeps the others', async () => {
    const lines = written().trimEnd().split('\n');
    const first = lines.findIndex((line) => line.startsWith('Tag='));
    const payload = lines[first]?.lastIndexOf('HIST') ?? 0;
    const flipped = [...(lines[first] ?? '')];
    flipped[payload + 20] = flipped[payload + 20] === 'A' ? 'B' : 'A';
    lines[first] = flipped.join('');
    lines[first + 1] = (lines[first + 1] ?? '').replace('create', 'remove');
    lines[first + 2] = 'what is this?';
    const path = join(dir, 'latency.hlog');
    await writeFile(path, lines.join('\n').slice(0, -30));
    const damage: string[] = [];
    const read = await readLatencyLog(path, endpointNames, (line) => damage.push(line));
    expect(read).toHaveLength(24 - 4);
    expect(damage).toHaveLength(4);
    expect(damage[0]).toMatch(new RegExp(`^latency.hlog:${first + 1}: `));
    expect(damage[1]).toContain('remove order');
    expect(damage[3]).toMatch(new RegExp(`^latency.hlog:${lines.length}: .*cut short`));
  });
});

describe('tags', () => {
  it('hold any endpoint name, in characters that the format allows', () => {
    const name = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(
      fc.property(name, fc.nat(phases.length - 1), fc.constantFrom(...seriesKinds), (endpoint, phase, kind) => {
        const tag = encodeTag(endpoint, phase, kind);
        expect(tag).not.toMatch(/[\s,]/);
        expect(tag.split('|')).toHaveLength(3);
        expect(decodeTag(tag)).toEqual({ endpoint, phase, kind });
      }),
    );
    expect(encodeTag('create order', 2, 'response')).toBe('create%20order|upgrade|response');
  });
});
