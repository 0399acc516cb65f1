import { useState } from 'preact/hooks';
import type { PageTable } from '../model/page-data.js';
import { DataTable } from './data-table.js';

/** Rows shown at most: the others are found by typing. */
const mostRows = 40;
/** So few need no search. */
const few = 12;

/** A table of any number of rows: the first of them, and a search through all. */
export function SearchTable({ table }: { table: PageTable }) {
  const [filter, setFilter] = useState('');
  const wanted = filter.trim().toLowerCase();
  const matching =
    wanted === ''
      ? table.rows
      : table.rows.filter(({ cells }) => cells.some((cell) => cell.toLowerCase().includes(wanted)));
  const left = matching.length - mostRows;
  return (
    <>
      {table.rows.length > few ? (
        <label class="filter">
          Find in {table.rows.length} rows{' '}
          <input type="search" value={filter} onInput={(event) => setFilter(event.currentTarget.value)} />
        </label>
      ) : null}
      <DataTable table={{ ...table, rows: matching.slice(0, mostRows) }} />
      {left > 0 || wanted !== '' ? (
        <p class="about" role="status">
          {left > 0
            ? `… and ${left} more rows: type a part of the name or of the answer.`
            : `${matching.length} of ${table.rows.length} rows.`}
        </p>
      ) : null}
    </>
  );
}
