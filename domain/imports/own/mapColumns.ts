import type { LogField, TitleField } from '../../../contracts/dataImport.ts';
import { invalid } from '../../../contracts/failures.ts';
import type { OwnTable } from './ownTable.ts';

type Field = LogField | TitleField;
export type ColumnMap<F extends Field> = Readonly<Partial<Record<F, string | undefined>>>;

/** What columns are usually called, in small letters without what stands between them. The first field is needed. */
const USUAL: Readonly<Record<Field, readonly string[]>> = {
  user: [
    'user',
    'userid',
    'customer',
    'customerid',
    'client',
    'clientid',
    'buyer',
    'visitor',
    'visitorid',
    'member',
    'memberid',
    'account',
  ],
  item: ['item', 'itemid', 'movie', 'movieid', 'product', 'productid', 'sku', 'article', 'articleid', 'asin', 'isbn', 'id'],
  value: ['value', 'rating', 'stars', 'score', 'grade', 'count', 'counts', 'plays', 'playcount', 'quantity', 'qty', 'purchases', 'views'],
  time: ['time', 'timestamp', 'ts', 'date', 'datetime', 'ratedat', 'createdat', 'watchedat', 'orderedat', 'happenedat', 'occurredat'],
  title: ['title', 'name', 'movietitle', 'productname', 'itemname'],
  year: ['year', 'releaseyear'],
  genres: ['genres', 'genre', 'category', 'categories', 'class', 'tags'],
};

const plain = (name: string) => name.toLowerCase().replace(/[^\p{L}\p{N}]/gu, '');

/**
 * Which column says what: as it was given, else by its name.
 * @param option as a caller writes a mapping: `--map`
 * @throws Failure `invalid` for a column that is not there or holds lists, two that could say the same, or a needed one that nobody named
 */
export function mapColumns<F extends Field>(
  table: Pick<OwnTable, 'columns' | 'nested' | 'file'>,
  fields: readonly F[],
  { given, needed, option }: { readonly given: ColumnMap<F>; readonly needed: readonly F[]; readonly option: 'map' | 'titles_map' },
): Readonly<Partial<Record<F, string>>> {
  const has = `the file has the columns ${table.columns.join(', ')}`;
  const taken = Object.values<string | undefined>(given);
  const found: Partial<Record<F, string>> = {};
  for (const field of fields) {
    const wanted = given[field];
    if (wanted !== undefined && table.nested.includes(wanted)) {
      throw invalid(`${option}.${field}`, `column ${wanted} holds lists or objects, not one value a row`);
    }
    if (wanted !== undefined && !table.columns.includes(wanted))
      throw invalid(`${option}.${field}`, `there is no column ${wanted}; ${has}`);
    const candidates =
      wanted === undefined ? table.columns.filter((name) => USUAL[field].includes(plain(name)) && !taken.includes(name)) : [wanted];
    if (candidates.length > 1) {
      const ways = candidates.map((name) => `${writtenAs(option)} ${field}=${name}`);
      throw invalid(`${option}.${field}`, `${candidates.join(' and ')} could each be the ${field}; write ${ways.join(' or ')}`);
    }
    if (candidates[0] !== undefined) found[field] = candidates[0];
    else if (needed.includes(field)) {
      const nested = table.nested.filter((name) => USUAL[field].includes(plain(name)));
      const passedOver = nested.length === 0 ? '' : ` (${nested.join(', ')} holds lists or objects, not one value a row)`;
      throw invalid(
        `${option}.${field}`,
        `no column looks like the ${field}${passedOver}; ${has}; write ${writtenAs(option)} ${field}=<column>`,
      );
    }
  }
  const twice = Object.values<string | undefined>(found).find((name, at, names) => names.indexOf(name) !== at);
  if (twice !== undefined) throw invalid(option, `column ${twice} cannot say two things`);
  return found;
}

const writtenAs = (option: string) => `--${option.replace('_', '-')}`;
