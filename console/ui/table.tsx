import { type ComponentChildren, createContext } from 'preact';
import { useContext, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

export interface Column<Row> {
  head: string;
  cell(row: Row): ComponentChildren;
  /** `end` for numbers. */
  align?: 'start' | 'end';
  /** What rows are ordered by when somebody asks for this column; not offered where there are others that are not loaded. */
  sort?(row: Row): string | number;
  /** The head is for screen readers alone: of buttons. */
  unnamed?: boolean;
}

interface Order {
  column: number;
  down: boolean;
}

/** Whether the list around a table has more rows than are loaded: the first of them in an order is not the first of all. */
export const Part = createContext(false);

/**
 * Rows and columns; on a phone a card a row. Its first column names the row.
 * @param caption what it lists, for a screen reader
 * @param most of the rows that are shown, the first in the order that was asked for; absent: all
 * @param part whether there are more rows than these; absent: as the list around it has it
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  rowKey,
  chosen,
  most,
  part,
}: {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey(row: Row): string;
  /** Marks the row that is shown beside the table. */
  chosen?(row: Row): boolean;
  most?: number;
  part?: boolean;
}) {
  const [asked, setOrder] = useState<Order>();
  const within = useContext(Part);
  const whole = !(part ?? within);
  const order = whole ? asked : undefined;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
    <section class="table-scroll" tabIndex={0} aria-label={caption}>
      <table class="table">
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column, index) => (
              <Head
                key={column.head}
                column={column}
                sorts={whole && column.sort !== undefined}
                index={index}
                order={order}
                onOrder={setOrder}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {ordered(rows, columns, order)
            .slice(0, most)
            .map((row) => (
              <tr key={rowKey(row)} class={chosen?.(row) ? 'chosen' : undefined}>
                {columns.map((column, index) =>
                  index === 0 ? (
                    <th key={column.head} scope="row" data-head={column.head}>
                      {column.cell(row)}
                    </th>
                  ) : (
                    <td
                      key={column.head}
                      class={column.align === 'end' ? 'end' : undefined}
                      data-head={column.unnamed ? undefined : column.head}
                    >
                      {column.cell(row)}
                    </td>
                  ),
                )}
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}

function Head<Row>({
  column: { head, align, unnamed },
  sorts,
  index,
  order,
  onOrder,
}: {
  column: Column<Row>;
  sorts: boolean;
  index: number;
  order: Order | undefined;
  onOrder(order: Order): void;
}) {
  const own = order?.column === index ? order : undefined;
  return (
    <th
      scope="col"
      class={align === 'end' ? 'end' : undefined}
      aria-sort={own === undefined ? undefined : own.down ? 'descending' : 'ascending'}
    >
      {!sorts ? (
        <span class={unnamed ? 'unseen' : undefined}>{head}</span>
      ) : (
        <button
          type="button"
          class="sort"
          // Numbers are first asked for from the largest.
          onClick={() => onOrder({ column: index, down: own === undefined ? align === 'end' : !own.down })}
        >
          {head}
          <span class="sort-mark">{own !== undefined && <Icon name={own.down ? 'down' : 'up'} size={12} />}</span>
        </button>
      )}
    </th>
  );
}

function ordered<Row>(rows: readonly Row[], columns: readonly Column<Row>[], order: Order | undefined): readonly Row[] {
  const sort = order === undefined ? undefined : columns[order.column]?.sort;
  if (order === undefined || sort === undefined) return rows;
  const compare = (a: Row, b: Row): number => {
    const [one, other] = [sort(a), sort(b)];
    return one < other ? -1 : one > other ? 1 : 0;
  };
  return [...rows].sort((a, b) => (order.down ? compare(b, a) : compare(a, b)));
}
