import type { SetFormat } from '../../../contracts/dataImport.ts';
import type { SourceRow } from '../../catalogue/source.ts';
import { isUserId, wholeNumber } from './ids.ts';
import { column, isRecord, readRecords, type Table } from './records.ts';

export interface SetUser {
  /** Of the set, without its name. */
  readonly set_id: string;
  readonly age: number | null;
}

interface UserTable extends Table {
  readonly unknownAge: string;
}
const columns = (...names: string[]) => names.map((name) => column(name));

/**
 * 1M gives age groups by their first year, which is kept; "1" stands for all under 18, which is no age, and nobody's age in the other sets.
 * 100K gives years. https://files.grouplens.org/datasets/movielens/ml-1m-README.txt
 */
const TABLES: Readonly<Record<Exclude<SetFormat, 'csv'>, UserTable>> = {
  dat: { separator: '::', hasHeader: false, columns: columns('user', 'gender', 'age', 'occupation', 'zip'), unknownAge: '1' },
  tab: { separator: '|', hasHeader: false, columns: columns('user', 'age', 'gender', 'occupation', 'zip'), unknownAge: '' },
  atomic: { separator: '\t', hasHeader: true, columns: [column('user_id'), { ...column('age'), isOptional: true }], unknownAge: '1' },
};

/** What a set says of its users: their ages. */
export async function* readSetUsers(file: string, format: keyof typeof TABLES): AsyncGenerator<SourceRow<SetUser>> {
  const { unknownAge, ...table } = TABLES[format];
  const at = (name: string) => table.columns.findIndex(({ names }) => names[0]!.startsWith(name));
  const [userAt, ageAt] = [at('user'), at('age')];
  for await (const record of readRecords(file, table)) {
    const { line, raw } = record;
    if (!isRecord(record)) {
      yield record;
      continue;
    }
    const id = wholeNumber(record.fields[userAt]!.trim());
    const age = wholeNumber(record.fields[ageAt]!.trim());
    if (!isUserId(id)) yield { line, raw, reason: `userId "${id}" is not a positive whole number` };
    else if (!/^\d{0,9}$/.test(age)) yield { line, raw, reason: `age "${age}" is not a whole number` };
    else yield { line, row: { set_id: id, age: age === '' || age === unknownAge ? null : Number(age) } };
  }
}
