import type { ComponentChildren } from 'preact';
import type { ComparisonPage as Data } from '../model/comparison-page.js';
import { ComparedEndpoints } from './compared-endpoints.js';
import { ComparisonHead } from './comparison-head.js';
import { SearchTable } from './search-table.js';
import { showAnchor } from './show-anchor.js';

/** The whole page of a comparison. */
export function ComparisonPage({ data }: { data: Data }) {
  const { gates, changed, groups, differences, runs } = data;
  const contents = [
    ['gates', 'Gates and changes'],
    ['endpoints', 'Endpoints'],
    ...groups.map(({ id, title }) => [id, title] as const),
    ...(differences ? [['differences', 'Not alike'] as const] : []),
    ['runs', 'Runs'],
  ] as const;
  return (
    <>
      <a class="skip" href="#gates">
        To the gates
      </a>
      <ComparisonHead data={data} />
      <nav aria-label="Contents">
        <ul>
          {contents.map(([id, title]) => (
            <li key={id}>
              <a
                href={`#${id}`}
                onClick={(event) => {
                  event.preventDefault();
                  showAnchor(id);
                }}
              >
                {title}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main>
        <Part id="gates" title="Gates and changes">
          {gates ? <SearchTable table={gates} /> : <p class="line unknown">No gate was compared.</p>}
          {changed ? (
            <SearchTable table={changed} />
          ) : data.endpoints.length === 0 ? null : (
            <p class="line">Beside the gates nothing is known to have changed.</p>
          )}
        </Part>
        <ComparedEndpoints data={data} />
        {groups.map(({ id, title, about, table }) => (
          <Part key={id} id={id} title={title} about={about}>
            <SearchTable table={table} />
          </Part>
        ))}
        {differences ? (
          <Part id="differences" title="Not alike">
            <SearchTable table={differences} />
          </Part>
        ) : null}
        <Part id="runs" title="Runs">
          <SearchTable table={runs} />
        </Part>
      </main>
      <footer>
        <p>
          Made by dten from the comparison alone. A run is the unit: each run’s own figure is compared, since
          requests within one run share its luck.
        </p>
      </footer>
    </>
  );
}

interface PartProps {
  id: string;
  title: string;
  about?: string;
  children: ComponentChildren;
}

function Part({ id, title, about, children }: PartProps) {
  return (
    <section id={id} aria-labelledby={`${id}-title`} tabIndex={-1}>
      <h2 id={`${id}-title`}>{title}</h2>
      {about === undefined ? null : <p class="about">{about}</p>}
      {children}
    </section>
  );
}
