import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isAddress, LOG_FIELDS, TITLE_FIELDS, type DataImportInput, type OwnRef } from '../../../contracts/dataImport.ts';
import { invalid } from '../../../contracts/failures.ts';
import { FOREIGN_SOURCES } from '../../../contracts/movies.ts';
import { OWN_ENDINGS } from '../reading/formats.ts';
import { mapColumns } from './mapColumns.ts';
import { openOwnTable } from './ownTable.ts';

/** Whether a place is a file that is read by its own columns. */
export async function isOwnLog(place: string): Promise<boolean> {
  return (
    OWN_ENDINGS.includes(path.extname(place).toLowerCase()) &&
    (await stat(place).then(
      (found) => found.isFile(),
      () => true,
    ))
  );
}

/** @throws Failure `invalid` for what is said of an own log, where there is none */
export function refuseOwnOptions({ path: place, map, scale, titles, titles_map }: DataImportInput): void {
  const given = Object.entries({ map, scale, titles, titles_map }).find(([, value]) => value !== undefined);
  if (given) throw invalid(given[0], `is for an own log, a file that ends with ${OWN_ENDINGS.join(', ')}; ${place} is none`);
}

/** `shop-ratings.csv` is shop-ratings. */
export const withoutEnding = (place: string): string => path.join(path.dirname(place), path.basename(place, path.extname(place)));

/**
 * An own log with which of its columns says what.
 * @throws Failure `SourceUnavailable` or `SourceCorrupt` for a file that cannot be used, `invalid` for columns that cannot be told
 */
export async function openOwn(input: Omit<DataImportInput, 'format' | 'name'>, name: string): Promise<OwnRef> {
  if (FOREIGN_SOURCES.includes(name)) throw invalid('name', `${name} names another catalogue; give the set another name`);
  for (const field of ['path', 'titles'] as const) {
    const place = input[field];
    if (place !== undefined && isAddress(place)) {
      throw invalid(field, `own data is read from files; download ${place}, and name the file`);
    }
  }
  if (input.titles_map && input.titles === undefined)
    throw invalid('titles_map', 'is of a file of titles; name that too (titles, or --titles)');
  const { encoding } = input;
  const log = path.resolve(input.path);
  const map = mapColumns(await openOwnTable(log, encoding), LOG_FIELDS, {
    given: input.map ?? {},
    needed: ['user', 'item'],
    option: 'map',
  });
  const titlesOf = async (file: string) => ({
    file,
    map: mapColumns(await openOwnTable(file, encoding), TITLE_FIELDS, {
      given: input.titles_map ?? {},
      needed: ['item'],
      option: 'titles_map',
    }),
  });
  return {
    ...{ format: 'own', dataset: name, source: name, user_prefix: `${name}:` },
    ...(encoding !== undefined && { encoding }),
    ...{ log, map, scale: input.scale ?? null },
    titles: input.titles === undefined ? null : await titlesOf(path.resolve(input.titles)),
  };
}
