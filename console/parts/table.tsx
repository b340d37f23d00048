import type { ComponentChildren } from 'preact';
import { Scroll } from './basics.tsx';

/** What stands over a column; the title of a hidden one is only read out. */
type Column = string | { readonly title: string; readonly class?: 'right' | 'wide' | 'right wide'; readonly isHidden?: true };

/** Rows under their columns' titles; without columns the rows stand alone. */
export const Table = ({
  label,
  columns,
  class: className,
  children,
}: {
  label: string;
  columns?: readonly Column[];
  class?: 'pairs' | 'grid' | 'distribution';
  children: ComponentChildren;
}) => (
  <Scroll label={label}>
    <table class={className}>
      {columns && (
        <thead>
          <tr>
            {columns.map((column, at) => (
              <Head key={at} of={typeof column === 'string' ? { title: column } : column} />
            ))}
          </tr>
        </thead>
      )}
      <tbody>{children}</tbody>
    </table>
  </Scroll>
);

const Head = ({ of: { title, class: className, isHidden } }: { of: Exclude<Column, string> }) => (
  <th class={className}>{isHidden ? <span class="visually-hidden">{title}</span> : title}</th>
);
