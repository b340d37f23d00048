import type { ComponentChild } from 'preact';
import { Table } from './table.tsx';

/** Names and their values, one below the other. */
export const Pairs = ({ of, label }: { of: readonly (readonly [string, ComponentChild])[]; label: string }) => (
  <Table label={label} class="pairs">
    {of.map(([name, value]) => (
      <tr key={name}>
        <th scope="row">{name}</th>
        <td class="right">{value}</td>
      </tr>
    ))}
  </Table>
);
