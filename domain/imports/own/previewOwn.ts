import type { QualityBounds } from '../../../contracts/settings/quality.ts';
import { percent } from '../quality/checkRows.ts';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { Failure, invalid } from '../../../contracts/failures.ts';
import type { ImportPreview, PreviewInput } from '../../../contracts/importPreview.ts';
import { asFolderFailure } from '../../../platform/folderFailure.ts';
import { isReject } from '../../catalogue/source.ts';
import { setNameOf } from '../opening/openSet.ts';
import { openOwn, withoutEnding } from './openOwn.ts';
import { openOwnTable } from './ownTable.ts';
import { readChoices } from './readChoices.ts';
import { guessScale } from './valueScale.ts';

const SHOWN_ROWS = 5;
const SHOWN_REASONS = 5;
/** What a request has time for; a longer log is read so far. */
const READ_ROWS = 100_000;

/**
 * How an own log would be read, of its first rows; nothing is changed.
 * @throws Failure `invalid` for a file that cannot be used, or columns that cannot be told: whoever asks named them
 */
export async function previewOwn(input: PreviewInput, { maxRejectShare }: Pick<QualityBounds, 'maxRejectShare'>): Promise<ImportPreview> {
  if (input.titles !== undefined) await openOwnTable(path.resolve(input.titles), input.encoding).catch(blame('titles'));
  return readPreview(input, maxRejectShare).catch(blame('path'));
}

const blame =
  (field: keyof PreviewInput) =>
  (error: unknown): never => {
    const failure = asFolderFailure(error) ?? error;
    if (!(failure instanceof Failure) || failure.kind !== 'permanent') throw failure;
    throw invalid(failure.type === 'InvalidSpec' ? 'name' : field, failure.message);
  };

async function readPreview(input: PreviewInput, maxRejectShare: number): Promise<ImportPreview> {
  const set = await openOwn(input, input.name ?? setNameOf(withoutEnding(input.path)));
  const table = await openOwnTable(set.log, set.encoding);
  const { mtime } = await stat(set.log);
  const rows: ImportPreview['rows'] = [];
  const setAside: ImportPreview['set_aside'] = [];
  let [read, aside, highest] = [0, 0, 0];
  for await (const one of readChoices(table, { map: set.map, source: set.source, timeOfLog: mtime })) {
    if (read === READ_ROWS) break;
    read += 1;
    if (isReject(one)) {
      aside += 1;
      if (setAside.length < SHOWN_REASONS) setAside.push({ line: one.line, reason: one.reason });
      continue;
    }
    const { user, item, value, at } = one.row;
    highest = Math.max(highest, value ?? 0);
    if (rows.length < SHOWN_ROWS)
      rows.push({ user_id: `${set.source}:${user}`, item: `${set.source}:${item}`, value, time: at.toISOString() });
  }
  const scale = set.map.value === undefined ? 'choices' : (set.scale ?? guessScale(set.map.value, highest));
  const { log, map, titles } = set;
  return {
    ...{ name: set.source, columns: [...table.columns], nested_columns: [...table.nested], map, titles_map: titles?.map ?? null, scale },
    ...{ log, rows_read: read, is_whole: read < READ_ROWS, rows, set_aside_count: aside, set_aside: setAside },
    problem: problemOf(read, aside, maxRejectShare),
  };
}

function problemOf(read: number, aside: number, maxRejectShare: number): string | null {
  if (read === 0) return 'there are no rows';
  const share = aside / read;
  return share > maxRejectShare ? `${percent(share)} of the rows would be set aside, at most ${percent(maxRejectShare)} may` : null;
}
