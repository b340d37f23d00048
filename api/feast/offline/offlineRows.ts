import { ROWS_OF_REQUEST } from '../../../contracts/sizes.ts';
import { readIncomingRows } from '../../../domain/features/online/incomingRows.ts';
import { pushRows } from '../../../domain/features/online/pushRows.ts';
import { FeastFault, viewNotFound } from '../faults.ts';
import type { WriteDeps } from '../writes.ts';
import { readJsonValues } from './columns.ts';
import type { SentTable } from './table.ts';

/** `offline_write_batch`: rows of a view for the offline store. @throws FeastFault, or Failure `invalid`, that names the row and the column at fault */
export async function takeOfflineRows({ pool, store, definitions }: WriteDeps, viewName: string, table: SentTable): Promise<void> {
  const view = definitions.views.find(({ name }) => name === viewName);
  if (!view) throw viewNotFound(viewName);
  if (table.rows > ROWS_OF_REQUEST)
    throw FeastFault.ofValue(`${table.rows} rows are too many for one request; send at most ${ROWS_OF_REQUEST}`);
  const columns = Object.fromEntries(
    table.schema.fields.map(({ name }) => [name, table.batches.flatMap((batch) => readJsonValues(batch.getChild(name)!))]),
  );
  await pushRows({ db: pool, store }, { view, rows: readIncomingRows(view, columns, Date.now()), to: 'offline' });
}
