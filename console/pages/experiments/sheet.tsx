import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { columnsSeen, edgesOf, rowsSeen, type Span } from './windowed.ts';

export interface SheetColumn {
  readonly key: string;
  readonly title: ComponentChildren;
  readonly width: number;
  readonly isRight?: boolean;
  readonly sorted?: 'ascending' | 'descending' | undefined;
}

interface SheetOf {
  readonly label: string;
  /** The first stays where it is while the others go by */
  readonly columns: readonly SheetColumn[];
  readonly count: number;
  readonly keyOf: (row: number) => string;
  readonly cell: (row: number, column: number) => ComponentChildren;
  readonly isChosen?: (row: number) => boolean;
  /** Told the row behind the last one that is drawn */
  readonly onReach?: (end: number) => void;
}

const ROW = 37;
const HEAD = 52;
const BEYOND = 8;

interface Seen {
  readonly rows: Span;
  readonly columns: Span;
}
const isSame = (a: Seen, b: Seen) =>
  a.rows.first === b.rows.first && a.rows.end === b.rows.end && a.columns.first === b.columns.first && a.columns.end === b.columns.end;

/** A table of any size: only what is seen of it is in the page. */
export function Sheet({ label, columns, count, keyOf, cell, isChosen, onReach }: SheetOf) {
  const element = useRef<HTMLDivElement>(null);
  const edges = edgesOf(columns.map(({ width }) => width));
  const look = (): Seen => {
    const {
      scrollTop: top = 0,
      scrollLeft: left = 0,
      clientHeight: high = innerHeight,
      clientWidth: wide = innerWidth,
    } = element.current ?? {};
    return { rows: rowsSeen(top, high || innerHeight, ROW, count, BEYOND), columns: columnsSeen(left, wide || innerWidth, edges) };
  };
  const [seen, setSeen] = useState(look);
  const lookAgain = () => setSeen((before) => (isSame(before, look()) ? before : look()));
  useLayoutEffect(lookAgain, [count, edges.join()]);
  const latest = useRef(lookAgain);
  latest.current = lookAgain;
  useEffect(() => {
    const watch = new ResizeObserver(() => latest.current());
    watch.observe(element.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => onReach?.(seen.rows.end), [seen.rows.end, count]);
  // The first column is always drawn.
  const shown = [0, ...span(seen.columns).filter((column) => column > 0 && column < columns.length)];
  const width = edges.at(-1)!;
  const place = (column: number) =>
    column === 0 ? { width: `${edges[1]}px` } : { left: `${edges[column]}px`, width: `${columns[column]!.width}px` };
  const classOf = (column: number) => `sheet-cell${column === 0 ? ' pinned' : ''}${columns[column]!.isRight ? ' right' : ''}`;
  return (
    <div ref={element} class="sheet" tabIndex={0} role="region" aria-label={label} onScroll={lookAgain}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={count + 1}
        aria-colcount={columns.length}
        style={{ width: `${width}px`, height: `${HEAD + count * ROW}px` }}
      >
        <div role="row" aria-rowindex={1} class="sheet-head" style={{ height: `${HEAD}px`, width: `${width}px` }}>
          {shown.map((column) => (
            <div
              key={columns[column]!.key}
              role="columnheader"
              aria-colindex={column + 1}
              aria-sort={columns[column]!.sorted ?? 'none'}
              class={classOf(column)}
              style={place(column)}
            >
              {columns[column]!.title}
            </div>
          ))}
        </div>
        {span(seen.rows)
          .filter((row) => row < count)
          .map((row) => (
            <div
              key={keyOf(row)}
              role="row"
              aria-rowindex={row + 2}
              class={`sheet-row${isChosen?.(row) ? ' chosen' : ''}`}
              style={{ top: `${HEAD + row * ROW}px`, height: `${ROW}px`, width: `${width}px` }}
            >
              {shown.map((column) => (
                <div
                  key={columns[column]!.key}
                  role={column === 0 ? 'rowheader' : 'cell'}
                  aria-colindex={column + 1}
                  class={classOf(column)}
                  style={place(column)}
                >
                  {cell(row, column)}
                </div>
              ))}
            </div>
          ))}
      </div>
    </div>
  );
}

const span = ({ first, end }: Span): number[] => Array.from({ length: end - first }, (_none, at) => first + at);
