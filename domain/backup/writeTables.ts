import pMap from 'p-map';
import type { BackedUpTable } from '../../contracts/backup.ts';
import { copyOut } from '../../platform/copy.ts';
import { writePart, type BackupPlace } from './place.ts';
import type { Snapshot } from './snapshot.ts';
import { columnsOf, listTables, nameOf, ONE_FORM, plainNameOf } from './tables.ts';

/** Tables that are read side by side: compressing is what takes time, and a database has others to serve. */
export const TABLES_AT_ONCE = 3;

interface Writing {
  readonly place: BackupPlace;
  /** Before the names of the parts */
  readonly folder: string;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: unknown) => void;
}

/** Writes every table as the snapshot has it, a part each, the largest first so that none is waited for at the end. */
export async function writeTables(snapshot: Snapshot, { place, folder, signal, onProgress }: Writing): Promise<BackedUpTable[]> {
  const tables = await listTables(snapshot.connection);
  // Nobody takes one away or changes its columns while it is read.
  await snapshot.connection.query(`lock table ${tables.map(nameOf).join(', ')} in access share mode`);
  const sizes = await readSizes(snapshot);
  const ordered = tables.toSorted((a, b) => (sizes.get(plainNameOf(b)) ?? 0) - (sizes.get(plainNameOf(a)) ?? 0));
  const written = await pMap(
    ordered,
    async (table) => {
      const rows = { count: 0 };
      const part = await snapshot.elsewhere(async (connection) => {
        let made: BackedUpTable['part'] | undefined;
        await connection.query(ONE_FORM);
        rows.count = await copyOut(
          connection,
          `copy ${nameOf(table)} (${columnsOf(table)}) to stdout`,
          async (content) => void (made = await writePart(place, `${folder}/tables/${plainNameOf(table)}`, content, signal)),
          signal,
        );
        return made!;
      });
      onProgress({ table: plainNameOf(table), rows: rows.count });
      return { ...table, rows: rows.count, part };
    },
    { concurrency: TABLES_AT_ONCE },
  );
  return written.toSorted((a, b) => (plainNameOf(a) < plainNameOf(b) ? -1 : 1));
}

async function readSizes({ connection }: Snapshot): Promise<Map<string, number>> {
  const { rows } = await connection.query<{ name: string; bytes: number }>(
    `select relnamespace::regnamespace::text || '.' || relname as name, pg_table_size(oid) as bytes from pg_class where relkind = 'r'`,
  );
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}
