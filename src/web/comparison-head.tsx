import type { ComparisonPage } from '../model/comparison-page.js';
import { unbroken } from '../report/text-width.js';

const told = {
  regressed: {
    mark: '✗',
    look: 'no-go',
    text: 'Regressed',
    about: 'the candidate is worse than the baseline',
  },
  'nothing worse': {
    mark: '✓',
    look: 'go',
    text: 'Nothing worse',
    about: 'as far as these runs can show, the candidate is not worse than the baseline',
  },
  'could not tell': {
    mark: '?',
    look: 'invalid',
    text: 'Could not tell',
    about: 'this is no answer, and not a pass',
  },
} as const;

const mostNotices = 20;

/** The verdict in plain words, what it rests on, and what must be known before any figure is believed. */
export function ComparisonHead({ data }: { data: ComparisonPage }) {
  const { verdict, scenario, because, restsOn, notices } = data;
  const { mark, look, text, about } = told[verdict];
  return (
    <header class={`head ${look}`}>
      <p class="kind">dten comparison of rehearsals of {scenario}</p>
      <h1>
        <span class="verdict">
          <span aria-hidden="true">{mark} </span>
          {text}
        </span>{' '}
        <span class="because">
          {data.isVoid ? 'the two cannot be compared: no answer, and not a pass' : about}
        </span>
      </h1>
      {because.map((line, at) => (
        <p key={at}>{unbroken(line)}</p>
      ))}
      <p class="about">Rests on {restsOn}.</p>
      {notices.length === 0 ? null : (
        <ul class="notices" aria-label="Know this first">
          {notices.slice(0, mostNotices).map((notice, at) => (
            <li key={at} class={notice.weight}>
              {notice.text}
            </li>
          ))}
          {notices.length > mostNotices ? <li>… and {notices.length - mostNotices} more</li> : null}
        </ul>
      )}
    </header>
  );
}
