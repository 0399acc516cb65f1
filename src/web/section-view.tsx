import type { ComponentChildren } from 'preact';
import type { PageSection } from '../model/page-data.js';
import { DataTable } from './data-table.js';

const markText = { good: 'good: ', bad: 'bad: ', unknown: 'unknown: ' } as const;

interface SectionProps {
  section: PageSection;
  children?: ComponentChildren;
}

/** A part of the page that is text and tables; one that is long and seldom read is folded. */
export function SectionView({ section, children }: SectionProps) {
  const { id, title, about, collapsed } = section;
  const body = (
    <>
      {about === undefined ? null : <p class="about">{about}</p>}
      {section.lines.map(({ text, mark }, at) => (
        <p key={at} class={mark ? `line ${mark}` : 'line'}>
          {mark ? <span class={`mark ${mark}-mark`} role="img" aria-label={markText[mark]} /> : null}
          {text}
        </p>
      ))}
      {children}
      {section.tables.map((table, at) => (
        <DataTable key={at} table={table} />
      ))}
      {section.code === undefined ? null : (
        <pre tabIndex={0} role="region" aria-label={`${title} in full`}>
          {section.code}
        </pre>
      )}
    </>
  );
  return (
    <section id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      {collapsed ? (
        <details>
          <summary>
            <h2 id={`${id}-title`}>{title}</h2>
          </summary>
          {body}
        </details>
      ) : (
        <>
          <h2 id={`${id}-title`}>{title}</h2>
          {body}
        </>
      )}
    </section>
  );
}
