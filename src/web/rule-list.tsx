import type { PageRule } from '../model/page-data.js';

const marks = { pass: '✓', fail: '✗', 'no data': '?', 'not asked': '·' } as const;

/** How every rule came out: a pass is worth what it was judged on. */
export function RuleList({ rules }: { rules: readonly PageRule[] }) {
  const asked = rules.filter(({ state }) => state !== 'not asked');
  const unasked = rules.filter(({ state }) => state === 'not asked').map(({ rule }) => rule);
  if (asked.length === 0) return null;
  return (
    <details class="rules">
      <summary>
        <h3>All {asked.length} rules that were asked</h3>
      </summary>
      <ul>
        {asked.map(({ rule, state, summary, noted }) => (
          <li key={rule} class={state.replace(' ', '-')}>
            <span class="rule-mark" role="img" aria-label={`${state}: `}>
              {noted ? '·' : marks[state]}
            </span>{' '}
            <b>{rule}</b> {state === 'no data' ? 'no data: ' : ''}
            {summary}
          </li>
        ))}
      </ul>
      {unasked.length > 0 ? <p class="about">Not asked: {unasked.join(', ')}.</p> : null}
    </details>
  );
}
