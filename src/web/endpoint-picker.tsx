import { useState } from 'preact/hooks';
import { letters, mostSeries, seriesColor } from './palette.js';
import { allEndpoints } from './page-store.js';

interface EndpointPickerProps {
  names: readonly string[];
  /** Indexes, `allEndpoints` among them. */
  chosen: readonly number[];
  onChoose: (chosen: number[]) => void;
}

/** Names shown at most; the others are found by typing. */
const mostShown = 12;

/** Which endpoints the charts draw: a thousand of them are a choice, not a thousand lines. */
export function EndpointPicker({ names, chosen, onChoose }: EndpointPickerProps) {
  const [filter, setFilter] = useState('');
  const wanted = filter.toLowerCase();
  const all = [allEndpoints, ...names.keys()];
  const matching = all.filter(
    (at) => wanted === '' || chosen.includes(at) || nameOf(names, at).toLowerCase().includes(wanted),
  );
  const shown = [
    ...matching.filter((at) => chosen.includes(at)),
    ...matching.filter((at) => !chosen.includes(at)),
  ].slice(0, Math.max(mostShown, chosen.length));
  const listed = names.length + 1 > mostShown ? shown : all;
  const left = matching.length - listed.length;
  const full = chosen.length >= mostSeries;
  return (
    <fieldset class="picker">
      <legend>
        Endpoints ({chosen.length} of {names.length}, {mostSeries} at most)
      </legend>
      {names.length + 1 > mostShown ? (
        <label class="filter">
          Find{' '}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      ) : null}
      <div class="choices">
        {listed.map((at) => {
          const position = chosen.indexOf(at);
          return (
            <label key={at} class="choice">
              <input
                type="checkbox"
                checked={position >= 0}
                disabled={position < 0 && full}
                onChange={(event) =>
                  onChoose(event.currentTarget.checked ? [...chosen, at] : chosen.filter((one) => one !== at))
                }
              />
              {position < 0 ? null : (
                <b style={{ color: `var(${seriesColor(position)})` }}>{letters[position]}</b>
              )}
              <span>{nameOf(names, at)}</span>
            </label>
          );
        })}
      </div>
      {left > 0 ? <p class="about">… and {left} more: type a part of the name.</p> : null}
    </fieldset>
  );
}

export function nameOf(names: readonly string[], at: number): string {
  return at === allEndpoints ? 'all endpoints together' : (names[at] ?? 'an unknown endpoint');
}
