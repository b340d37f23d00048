import { access } from 'node:fs/promises';
import path from 'node:path';
import type { SetRef } from '../../contracts/dataImport.ts';
import type { SourceRow } from '../catalogue/source.ts';
import { FORMAT_FILES } from './formats.ts';
import { readDelimited } from './readDelimited.ts';

export interface SetUser {
  /** Of the set, without its name. */
  readonly set_id: string;
  readonly age: number | null;
}

/**
 * 1M gives age groups by their first year, which is kept; "1" stands for all under 18, which is no age.
 * 100K gives years. https://files.grouplens.org/datasets/movielens/ml-1m-README.txt
 */
const LAYOUTS = {
  dat: { separator: '::', fields: 5, ageAt: 2, unknownAge: '1' },
  tab: { separator: '|', fields: 5, ageAt: 1, unknownAge: '' },
} as const;

/** The users file of a set; null where it brings none, as most do. */
export async function usersFileOf({ folder, format }: SetRef): Promise<string | null> {
  const { users } = FORMAT_FILES[format];
  if (users === null) return null;
  const file = path.join(folder, users);
  return access(file).then(
    () => file,
    () => null,
  );
}

/** What a set says of its users: their ages. */
export async function* readSetUsers(file: string, format: keyof typeof LAYOUTS): AsyncGenerator<SourceRow<SetUser>> {
  const { separator, fields: expected, ageAt, unknownAge } = LAYOUTS[format];
  for await (const { line, raw, fields } of readDelimited(file, separator)) {
    const [id = ''] = fields;
    const age = fields[ageAt] ?? '';
    if (fields.length !== expected) yield { line, raw, reason: `${fields.length} fields instead of ${expected}` };
    else if (!/^[1-9]\d{0,9}$/.test(id)) yield { line, raw, reason: `userId "${id}" is not a positive whole number` };
    else if (!/^\d{0,9}$/.test(age)) yield { line, raw, reason: `age "${age}" is not a whole number` };
    else yield { line, row: { set_id: id, age: age === '' || age === unknownAge ? null : Number(age) } };
  }
}
