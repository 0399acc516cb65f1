import { unbroken } from '../report/text-width.js';
import type { PageData } from '../model/page-data.js';

const marks = { GO: '✓', 'NO-GO': '✗', INVALID: '?' } as const;
const meaning = {
  GO: 'nothing that was judged stands against the upgrade',
  'NO-GO': 'something that was judged stands against the upgrade',
  INVALID: 'the rehearsal could not tell',
} as const;

/** The verdict and why, what run it is of, and what must be known before any figure is believed. */
export function VerdictHead({ data: { verdict, state, subject, scenario, notices } }: { data: PageData }) {
  const shown = notices.slice(0, mostNotices);
  return (
    <header class={`head ${verdict === null ? 'running' : verdict.verdict.toLowerCase()}`}>
      <p class="kind">dten rehearsal of {scenario}</p>
      <h1>
        {verdict === null ? (
          <span class="verdict">{state === 'running' ? 'Running' : 'No verdict'}</span>
        ) : (
          <span class="verdict" title={meaning[verdict.verdict]}>
            <span aria-hidden="true">{marks[verdict.verdict]} </span>
            {verdict.verdict}
          </span>
        )}{' '}
        <span class="because">
          {verdict === null ? 'A verdict exists only at the end.' : unbroken(verdict.because)}
        </span>
      </h1>
      <p class="about">{subject}</p>
      {shown.length > 0 ? (
        <ul class="notices" aria-label="Know this first">
          {shown.map(({ weight, text }, at) => (
            <li key={at} class={weight}>
              {text}
            </li>
          ))}
          {notices.length > shown.length ? <li>… and {notices.length - shown.length} more</li> : null}
        </ul>
      ) : null}
    </header>
  );
}

const mostNotices = 20;
