import type { ListedRun, RunColumn } from '../../../contracts/experiments.ts';

/** Columns, filters and orders of runs as addresses and the API write them. Pure. */

const GROUPS = { metric: 'metrics', param: 'params', tag: 'tags' } as const;

export const columnText = ({ kind, name }: RunColumn): string => `${GROUPS[kind]}.${name}`;

/** As the API takes them: `metrics.rmse,params.factors`. */
export const columnsText = (columns: readonly RunColumn[]): string =>
  columns.map((column) => columnText(column).replace(/[\\,]/g, String.raw`\$&`)).join(',');

const KINDS = { metrics: 'metric', params: 'param', tags: 'tag' } as const;

/** What `columnsText` wrote; what is no column is left out. */
export const columnsOf = (text: string): RunColumn[] =>
  (text.match(/(?:\\[\s\S]|[^,\\])+/g) ?? []).flatMap((part) => {
    const [, group = '', name = ''] = /^(\w+)\.([\s\S]+)$/.exec(part.replace(/\\([\s\S])/g, '$1')) ?? [];
    return group in KINDS ? [{ kind: KINDS[group as keyof typeof KINDS], name }] : [];
  });

export interface Sort {
  /** `metrics.rmse`, `attributes.start_time` */
  readonly by: string;
  readonly ascending: boolean;
}

/** As MLflow writes it, so that it can be kept in an address and copied into a program. */
export function sortText({ by, ascending }: Sort): string {
  const dot = by.indexOf('.');
  const name = by.slice(dot + 1);
  return `${by.slice(0, dot)}.${/^\w+$/.test(name) ? name : `\`${name}\``} ${ascending ? 'ASC' : 'DESC'}`;
}

export function sortOf(text: string): Sort | undefined {
  const [, group, quoted, plain, direction] = /^(\w+)\.(?:`(.*)`|(\S+))\s+(ASC|DESC)$/i.exec(text.trim()) ?? [];
  return group === undefined ? undefined : { by: `${group}.${quoted ?? plain}`, ascending: direction!.toUpperCase() === 'ASC' };
}

/** What a click on a column's title leads to: the largest first, the smallest first, and as it was; names the other way round. */
export function nextSort(current: Sort | undefined, by: string, startsAscending: boolean): Sort | undefined {
  if (current?.by !== by) return { by, ascending: startsAscending };
  return current.ascending === startsAscending ? { by, ascending: !startsAscending } : undefined;
}

/** Conditions that all hold, as MLflow writes them. */
export const filterText = (filter: string, status: string | undefined): string =>
  [filter.trim(), ...(status ? [`attributes.status = '${status}'`] : [])].filter(Boolean).join(' and ');

/** Where a value lies between the least and the most of its column, 0 to 1; undefined where that says nothing. */
export type Share = (row: number, column: number) => number | undefined;

export function sharesOf(runs: readonly ListedRun[], columns: readonly RunColumn[]): Share {
  const bounds = columns.map(({ kind }, column) => {
    let [low, high] = [Infinity, -Infinity];
    if (kind !== 'metric') return { low, high };
    for (const { values } of runs) {
      const value = values[column];
      if (typeof value !== 'number') continue;
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
    return { low, high };
  });
  return (row, column) => {
    const value = runs[row]?.values[column];
    const { low, high } = bounds[column]!;
    return typeof value === 'number' && high > low ? (value - low) / (high - low) : undefined;
  };
}
