import type { PageTable } from '../model/page-data.js';
import { Term } from './term.js';

interface DataTableProps {
  table: PageTable;
}

/** A table that says what its columns measure, and scrolls within itself where the page is narrow. */
export function DataTable({ table: { caption, columns, rows, notes } }: DataTableProps) {
  const cellClass = (at: number) =>
    columns[at]?.numeric ? 'figure' : columns[at]?.code ? 'code' : columns[at]?.wide ? 'wide' : undefined;
  return (
    <div class="table-block">
      <div class="table-scroll" role="region" aria-label={caption} tabIndex={0}>
        <table>
          <caption>{caption}</caption>
          <thead>
            <tr>
              {columns.map(({ title, about }, at) => (
                <th scope="col" class={cellClass(at)} key={at}>
                  {title === '' ? <span class="hidden">{about}</span> : <Term text={title} about={about} />}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ heading, id, bad, cells }, at) =>
              heading ? (
                <tr key={at} class="heading">
                  <th scope="colgroup" colSpan={columns.length}>
                    {cells[0]}
                  </th>
                </tr>
              ) : (
                <tr key={at} id={id} class={bad ? 'bad' : undefined} tabIndex={id ? -1 : undefined}>
                  {cells.map((cell, of) =>
                    of === 0 ? (
                      <th scope="row" class={cellClass(of)} key={of}>
                        {bad ? <span class="mark bad-mark" role="img" aria-label="bad: " /> : null}
                        {cell}
                      </th>
                    ) : (
                      <td class={cellClass(of)} key={of}>
                        {columns[of]?.code ? <code>{cell}</code> : cell}
                      </td>
                    ),
                  )}
                </tr>
              ),
            )}
          </tbody>
        </table>
      </div>
      {notes.length > 0 ? (
        <ul class="notes">
          {notes.map((note, at) => (
            <li key={at}>{note}</li>
          ))}
        </ul>
      ) : null}
    </div>
  );
}
