import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  initWebAssemblySync,
  type Histogram,
} from 'hdr-histogram-js';
import { drawUnit } from '../../src/foundation/rng.js';
import { fromHdr, toHdr } from '../../src/histogram/hdr.js';
import { highestTrackableUs } from '../../src/histogram/layout.js';
import type * as countsModule from '../../src/histogram/counts.js';
import type * as recorderModule from '../../src/traffic/recorder.js';
import { built } from './built.js';
import { printTable, type Bench } from './goals.js';

const { Counts } = await built<typeof countsModule>('histogram/counts.js');
const { Recorder } = await built<typeof recorderModule>('traffic/recorder.js');

const records = 1_000_000;
const rounds = 15;

function hdr(useWebAssembly: boolean): Histogram {
  return build({
    lowestDiscernibleValue: 1,
    highestTrackableValue: highestTrackableUs,
    numberOfSignificantValueDigits: 3,
    bitBucketSize: 32,
    useWebAssembly,
  });
}

/** Where results go that nobody reads, so that they are not optimised away. */
const kept = { folded: 0 };

function nsEach(work: () => void): number {
  const from = process.hrtime.bigint();
  work();
  return Number(process.hrtime.bigint() - from) / records;
}

/** ns to record one latency: a page of the recorder (its interval reports included) and hdr-histogram-js. */
export const run: Bench = async () => {
  initWebAssemblySync();
  // 100 µs to 3 s, log-uniform: a stall among quick answers.
  const values = Int32Array.from({ length: records }, (_, i) => 100 * 30_000 ** drawUnit(1, 1, i, 0));
  const timings: Record<string, number[]> = {};
  const time = (name: string, work: () => void) => (timings[name] ??= []).push(nsEach(work));
  let ours = new Counts();
  let js = hdr(false);
  let wasm = hdr(true);
  for (let round = 0; round < rounds; round++) {
    // What the loop itself costs is taken off all the others.
    time('the loop alone', () => {
      let folded = 0;
      for (let i = 0; i < records; i++) folded ^= values[i]!;
      kept.folded = folded;
    });
    const recorder = new Recorder();
    const page = recorder.page(0, 0);
    time('dten', () => {
      for (let i = 0; i < records; i++) page.record(0, 0, values[i]!);
    });
    ours = Counts.of(...recorder.flush(1).flatMap(({ series }) => series));
    const reported = new Recorder();
    // A second of 8000 records (2000 requests, 4 series), then its report.
    time('dten, with a report each 8000', () => {
      for (let i = 0; i < records; i++) {
        reported.page(Math.floor(i / 8000), 0).record(0, i & 3, values[i]!);
        if (i % 8000 === 7999) reported.flush(i / 8000);
      }
    });
    js = hdr(false);
    time('hdr-histogram-js, JS', () => {
      for (let i = 0; i < records; i++) js.recordValue(values[i]!);
    });
    wasm.destroy();
    wasm = hdr(true);
    time('hdr-histogram-js, WASM', () => {
      for (let i = 0; i < records; i++) wasm.recordValue(values[i]!);
    });
  }
  const decoded = [toHdr(ours), js, wasm].map((histogram) =>
    JSON.stringify(
      fromHdr(decodeFromCompressedBase64(encodeIntoCompressedBase64(histogram), 32, false)).toSparse(),
    ),
  );
  const identical = decoded.every((counts) => counts === decoded[0]);
  const loopNs = Math.min(...timings['the loop alone']!);
  const best = (name: string) => Math.min(...timings[name]!) - loopNs;
  const names = Object.keys(timings).slice(1);
  printTable([
    [`ns a record, less the loop (${loopNs.toFixed(1)})`, `best of ${rounds}`],
    ...names.map((name) => [name, best(name).toFixed(1)]),
  ]);
  const factor = best('hdr-histogram-js, WASM') / best('dten');
  return [
    {
      goal: 'recorder ≥ 5 × faster than hdr-histogram-js WASM, decoded counts identical',
      measured: `${factor.toFixed(1)} ×, ${identical ? 'identical' : 'DIFFERENT'}`,
      met: factor >= 5 && identical,
    },
  ];
};
