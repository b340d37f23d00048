import type { ImportPreview } from '../contracts/importPreview.ts';
import { table, type Terminal } from './terminal.ts';

/** What `data import --dry-run` shows. */
export function renderPreview(terminal: Terminal, preview: ImportPreview): string {
  const { name, log, map, titles_map, scale, rows, rows_read, is_whole, set_aside_count, set_aside, problem, nested_columns } = preview;
  const pairs = (columns: object) => Object.entries(columns).map(([field, column]) => `${field}=${column as string}`);
  const columns = ['USER', 'ITEM', 'VALUE', 'RATING', 'TIME'].map((head) => ({ head }));
  const shown = rows.map(({ user_id, item, value, rating, time }) => [user_id, item, String(value), String(rating), time]);
  return [
    `${log} as set ${name}: --map ${pairs(map).join(',')}${scale === 'choices' ? '; each row is a choice' : ` --scale ${scale}`}`,
    ...(titles_map ? [`titles: --titles-map ${pairs(titles_map).join(',')}`] : []),
    ...(nested_columns.length > 0 ? [`passed over, since they hold lists or objects: ${nested_columns.join(', ')}`] : []),
    table(terminal, columns, shown),
    `${set_aside_count} of ${is_whole ? 'all' : 'the first'} ${rows_read} rows would be set aside.`,
    ...set_aside.map(({ line, reason }) => `  line ${line}: ${reason}`),
    ...(problem === null ? [] : [`An import would be refused: ${problem}.`]),
    'Nothing was changed.',
  ].join('\n');
}
