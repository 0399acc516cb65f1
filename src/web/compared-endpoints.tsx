import { useMemo, useState } from 'preact/hooks';
import type { Answer } from '../model/comparison.js';
import type { ComparedCurve, ComparedEndpoint, ComparisonPage } from '../model/comparison-page.js';
import { answerMarks, answers, answerWords } from './answer-words.js';
import { DifferencePlot } from './difference-plot.js';
import { differenceScale } from './difference-scale.js';
import { PercentilePlot, type PercentileCurve } from './percentile-plot.js';

/** Endpoints listed at most: the others are found by typing. */
const mostShown = 12;

/** Endpoint by endpoint, the worst first: a thousand of them are a choice, not a thousand charts. */
export function ComparedEndpoints({ data: { endpoints, marginRatio, onlyIn } }: { data: ComparisonPage }) {
  const [filter, setFilter] = useState('');
  const [wanted, setWanted] = useState<Answer | ''>('');
  const [chosen, setChosen] = useState(0);
  const text = filter.trim().toLowerCase();
  const matching = [...endpoints.entries()].filter(
    ([, { name, phases }]) =>
      name.toLowerCase().includes(text) &&
      (wanted === '' || phases.some(({ rows }) => rows.some(({ answer }) => answer === wanted))),
  );
  const endpoint = endpoints[chosen];
  return (
    <section id="endpoints" aria-labelledby="endpoints-title" tabIndex={-1}>
      <h2 id="endpoints-title">Endpoints</h2>
      <p class="about">Response times of the steady phases, from the intended start.</p>
      {onlyIn.map((line, at) => (
        <p key={at} class="line unknown">
          {line}
        </p>
      ))}
      {endpoint === undefined ? (
        <p class="line unknown">Not compared: no endpoint has figures on both sides.</p>
      ) : (
        <>
          <fieldset class="picker">
            <legend>Endpoint, the worst first</legend>
            {endpoints.length > 1 ? (
              <div class="controls">
                <label class="filter">
                  Find{' '}
                  <input
                    type="search"
                    value={filter}
                    onInput={(event) => setFilter(event.currentTarget.value)}
                  />
                </label>
                <label class="filter">
                  with an answer{' '}
                  <select
                    value={wanted}
                    onChange={(event) =>
                      setWanted(answers.find((one) => one === event.currentTarget.value) ?? '')
                    }
                  >
                    <option value="">any</option>
                    {answers.map((answer) => (
                      <option key={answer} value={answer}>
                        {answerMarks[answer]} {answerWords[answer]}
                      </option>
                    ))}
                  </select>
                </label>
              </div>
            ) : null}
            <div class="endpoint-choices">
              {matching.slice(0, mostShown).map(([at, { name, worst, tally }]) => (
                <label key={at} class="choice">
                  <input
                    type="radio"
                    name="endpoint"
                    checked={at === chosen}
                    onChange={() => setChosen(at)}
                  />
                  <span>
                    <span aria-hidden="true">{answerMarks[worst]} </span>
                    <b>{name}</b> <span class="about">{tally}</span>
                  </span>
                </label>
              ))}
            </div>
            <p class="about" role="status">
              {matching.length > mostShown
                ? `… and ${matching.length - mostShown} more of ${endpoints.length}: type a part of the name.`
                : matching.length < endpoints.length
                  ? `${matching.length} of ${endpoints.length} endpoints.`
                  : ''}
            </p>
          </fieldset>
          <EndpointCharts endpoint={endpoint} marginRatio={marginRatio} />
        </>
      )}
    </section>
  );
}

function EndpointCharts({ endpoint, marginRatio }: { endpoint: ComparedEndpoint; marginRatio: number }) {
  const scale = useMemo(
    () =>
      differenceScale(
        endpoint.phases.flatMap(({ rows }) => rows),
        marginRatio,
      ),
    [endpoint, marginRatio],
  );
  const phases = useMemo(
    () =>
      endpoint.phases.map(({ phase, rows, curves }) => ({
        phase,
        rows,
        curves: curves.map(percentileCurve),
      })),
    [endpoint],
  );
  const range = rangeOf(phases.flatMap(({ curves }) => curves));
  return (
    <>
      {phases.map(({ phase, rows, curves }) => (
        <div key={`${endpoint.name}|${phase}`}>
          <h3 class="phase-title">
            {endpoint.name} in {phase}
          </h3>
          <div class="side-by-side">
            <DifferencePlot
              title={`Change by percentile in ${phase}`}
              rows={rows}
              scale={scale}
              marginRatio={marginRatio}
            />
            <PercentilePlot
              title={`Percentiles in ${phase}`}
              about="All requests of each side together. Dropped requests are ∞."
              curves={curves}
              {...(range && { range })}
            />
          </div>
        </div>
      ))}
    </>
  );
}

const looks = {
  baseline: { letter: 'B', color: '--series-1', dash: [8, 3] },
  candidate: { letter: 'C', color: '--series-2', dash: [] as number[] },
};

function percentileCurve({ side, samples, drops, quantiles }: ComparedCurve): PercentileCurve {
  return {
    label: side,
    ...looks[side],
    samples,
    drops,
    quantiles: quantiles.map(([share]) => share),
    ms: quantiles.map(([, ms]) => ms ?? Number.POSITIVE_INFINITY),
  };
}

function rangeOf(curves: readonly PercentileCurve[]): [number, number] | undefined {
  const finite = curves.flatMap(({ ms }) => ms.filter((one) => one !== null && Number.isFinite(one)));
  const known = finite.map((one) => Math.max(one ?? 0, 0.001));
  return known.length === 0 ? undefined : [Math.min(...known), Math.max(...known)];
}
