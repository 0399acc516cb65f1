import type { ComparedPhase, ComparedQuantile, RatioInterval } from '../model/comparison-page.js';
import { relativeText } from '../report/comparison-text.js';
import { answerMarks, answerWords } from './answer-words.js';
import { DataTable } from './data-table.js';
import type { DifferenceScale } from './difference-scale.js';
import { Term } from './term.js';

interface DifferencePlotProps {
  title: string;
  rows: ComparedPhase['rows'];
  scale: DifferenceScale;
  marginRatio: number;
}

/** One row a percentile: the ratio and its intervals on a log axis, the margin as a band, and all of it in words. */
export function DifferencePlot({ title, rows, scale, marginRatio }: DifferencePlotProps) {
  return (
    <figure class="chart differences">
      <figcaption>
        <Term
          text={title}
          about="Candidate against baseline, on a logarithmic axis; right is slower. Thin: 95% interval. Thick: 90% interval; where all of it lies within the band of the margin, the two are equivalent."
        />
      </figcaption>
      {rows.length === 0 ? <p class="line unknown">Not compared: one side has no request of it.</p> : null}
      <ol>
        {rows.map((row) => (
          <li key={row.percentile} class={row.answer}>
            <div class="difference">
              <b class="percentile">{row.percentile}</b>
              <Track row={row} scale={scale} marginRatio={marginRatio} />
            </div>
            <p>
              <b class="answer">
                <span aria-hidden="true">{answerMarks[row.answer]} </span>
                {answerWords[row.answer]}
              </b>
              {row.gate ? <span class="badge gate">gate</span> : null} {row.values}
              {row.change === '' ? '' : `, ${row.change}`}
              {row.intervalText === '' ? '' : ` (${row.intervalText})`}
            </p>
            {row.note === '' ? null : <p class="about">{row.note}</p>}
          </li>
        ))}
      </ol>
      {rows.length === 0 ? null : (
        <>
          <Axis scale={scale} />
          <p class="about key-line">
            <span class="margin-key" aria-hidden="true" /> within the margin:{' '}
            {relativeText(1 / marginRatio - 1)} to {relativeText(marginRatio - 1)}
          </p>
          <details class="as-table">
            <summary>each run</summary>
            <DataTable table={runsTable(title, rows)} />
          </details>
        </>
      )}
    </figure>
  );
}

function Track({
  row: { ratio, interval, equivalence, answer },
  scale,
  marginRatio,
}: Pick<DifferencePlotProps, 'scale' | 'marginRatio'> & { row: ComparedQuantile }) {
  return (
    <div class="difference-track" aria-hidden="true">
      <span class="margin-band" style={spanOf({ low: 1 / marginRatio, high: marginRatio }, scale)} />
      {scale.ticks.map((tick) => (
        <span
          key={tick}
          class={tick === 1 ? 'tick one' : 'tick'}
          style={{ left: percent(scale.place(tick)) }}
        />
      ))}
      {interval ? <span class="interval" style={spanOf(interval, scale)} /> : null}
      {equivalence ? <span class="interval thick" style={spanOf(equivalence, scale)} /> : null}
      {interval && scale.isBeyond(interval.low) ? <span class="beyond low">◀</span> : null}
      {interval && scale.isBeyond(interval.high) ? <span class="beyond high">▶</span> : null}
      {ratio === null ? (
        <span class="nothing">no ratio to draw</span>
      ) : (
        <span class="point" style={{ left: percent(scale.place(ratio)) }}>
          {answerMarks[answer]}
        </span>
      )}
    </div>
  );
}

function Axis({ scale }: { scale: DifferenceScale }) {
  return (
    <div class="difference axis" aria-hidden="true">
      <span class="percentile" />
      <div class="difference-track">
        {scale.ticks.map((tick) => (
          <span key={tick} class="tick-text" style={{ left: percent(scale.place(tick)) }}>
            {tick === 1 ? 'same' : relativeText(tick - 1)}
          </span>
        ))}
      </div>
    </div>
  );
}

function spanOf({ low, high }: RatioInterval, { place }: DifferenceScale) {
  return { left: percent(place(low)), width: percent(place(high) - place(low)) };
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)}%`;
}

function runsTable(title: string, rows: readonly ComparedQuantile[]) {
  return {
    caption: `${title}, run by run`,
    columns: [
      { title: 'percentile', about: 'Of the response time.' },
      { title: 'baseline', about: 'One figure a run that counts, in the order of the runs.' },
      { title: 'candidate', about: 'One figure a run that counts, in the order of the runs.' },
    ],
    rows: rows.map(({ percentile, runs }) => ({ cells: [percentile, runs.baseline, runs.candidate] })),
    notes: [],
  };
}
