import type { TitleField } from '../../../contracts/dataImport.ts';
import { toStorable } from '../../../contracts/text.ts';
import { RELEASE_YEARS } from '../quality/rules.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import type { ColumnMap } from './mapColumns.ts';
import type { OwnRow, OwnTable } from './ownTable.ts';
import { faultOfId, rawOf, textOf } from './readChoices.ts';

/** An item as a file of titles has it. */
export interface OwnTitle {
  readonly item: string;
  readonly title: string;
  readonly year: number | null;
  readonly genres: readonly string[];
  /** Its further columns, numbers as numbers; those that are empty are left out. */
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
}

/** A cell may hold a description, hardly a book. */
const ATTRIBUTE_CHARACTERS = 10_000;

/** Reads a file of titles; a row that cannot be used is set aside with the reason. */
export async function* readTitles(table: OwnTable, map: ColumnMap<TitleField>, source: string): AsyncGenerator<SourceRow<OwnTitle>> {
  const further = table.columns.filter((name) => !Object.values(map).includes(name) && name !== '__proto__');
  for await (const one of table.rows()) {
    if (isReject(one)) yield one;
    else {
      const { line, row } = one;
      const item = textOf(row[map.item!]);
      const wrong = faultOfId(item, 'item', source);
      if (wrong === null) yield { line, row: { item, ...titleOf(row, map, item), attributes: attributesOf(row, further) } };
      else yield { line, reason: wrong, raw: rawOf(row) };
    }
  }
}

function titleOf(row: OwnRow, { title, year, genres }: ColumnMap<TitleField>, item: string) {
  const inYear = year === undefined ? '' : textOf(row[year]);
  const isYear = /^\d{4}(\.0+)?$/.test(inYear) && Number(inYear) >= RELEASE_YEARS.first && Number(inYear) <= RELEASE_YEARS.last;
  return {
    title: (title !== undefined && textOf(row[title])) || item,
    year: isYear ? Number(inYear) : null,
    genres:
      genres === undefined
        ? []
        : [
            ...new Set(
              textOf(row[genres])
                .split(/[|,;]/)
                .map((genre) => genre.trim()),
            ),
          ].filter(Boolean),
  };
}

function attributesOf(row: OwnRow, names: readonly string[]): OwnTitle['attributes'] {
  const kept = names.map((name) => [name, attributeOf(row[name])] as const).filter(([, value]) => value !== '');
  return Object.fromEntries(kept);
}

function attributeOf(value: unknown): string | number | boolean {
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  const text = toStorable(textOf(value).slice(0, ATTRIBUTE_CHARACTERS));
  return /^-?(0|[1-9]\d{0,14})(\.\d{1,9})?$/.test(text) ? Number(text) : text;
}
