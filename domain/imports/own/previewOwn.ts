import { stat } from 'node:fs/promises';
import path from 'node:path';
import { isAddress } from '../../../contracts/dataImport.ts';
import { Failure, invalid } from '../../../contracts/failures.ts';
import type { ImportPreview, PreviewInput } from '../../../contracts/importPreview.ts';
import type { RuleReport } from '../../../contracts/quality.ts';
import type { QualityBounds } from '../../../contracts/settings/quality.ts';
import { asFolderFailure } from '../../../platform/folderFailure.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import { setNameOf } from '../opening/openSet.ts';
import { judgeShare } from '../quality/checkRows.ts';
import { checkChoices } from './checkChoices.ts';
import { checkWhole } from '../reading/checkWhole.ts';
import { OWN_ENDINGS } from '../reading/formats.ts';
import { isOwnLog, openOwn, withoutEnding } from './openOwn.ts';
import { openOwnTable } from './ownTable.ts';
import { readChoices, type Choice } from './readChoices.ts';
import { scaleOf } from './valueScale.ts';

const SHOWN_ROWS = 5;
const SHOWN_REASONS = 5;
/** What a request has time for; a longer log is read so far. */
const READ_ROWS = 100_000;

export interface PreviewOptions {
  /** What is read is held to the rules in the database, and nothing is kept of it. */
  readonly pool: Pool;
  readonly bounds: QualityBounds;
}

/**
 * How an own log would be read, of its first rows, and what an import of them would set aside or be refused for; nothing is changed.
 * @throws Failure `invalid` for a file that cannot be used, or columns that cannot be told: whoever asks named them
 */
export async function previewOwn(input: PreviewInput, options: PreviewOptions): Promise<ImportPreview> {
  await expectOwnLog(input.path).catch(blame('path'));
  if (input.titles !== undefined && !isAddress(input.titles))
    await openOwnTable(path.resolve(input.titles), input.encoding).catch(blame('titles'));
  return readPreview(input, options).catch(blame('path'));
}

async function expectOwnLog(place: string): Promise<void> {
  if (isAddress(place) || (await isOwnLog(place))) return;
  const found = await stat(place).catch(() => null);
  const isSet = found?.isDirectory() === true || /\.zip$/i.test(place);
  if (!isSet) await checkWhole(path.resolve(place));
  throw invalid(
    'path',
    `a preview (--dry-run) is of an own log, a file that ends with ${OWN_ENDINGS.join(', ')}; ${isSet ? 'a set in a folder or a zip has none' : `${place} ends otherwise`}`,
  );
}

const blame =
  (field: keyof PreviewInput) =>
  (error: unknown): never => {
    const failure = asFolderFailure(error) ?? error;
    if (!(failure instanceof Failure) || failure.kind !== 'permanent') throw failure;
    throw invalid(failure.type === 'InvalidSpec' ? 'name' : field, failure.message);
  };

async function readPreview(input: PreviewInput, { pool, bounds }: PreviewOptions): Promise<ImportPreview> {
  const set = await openOwn(input, input.name ?? setNameOf(withoutEnding(input.path)));
  const table = await openOwnTable(set.log, set.encoding);
  const { mtime } = await stat(set.log);
  const { choices, setAside, aside, isWhole } = await readFirst(readChoices(table, { map: set.map, source: set.source, timeOfLog: mtime }));
  const scale = scaleOf(
    set,
    choices.reduce((highest, { row: { value } }) => Math.max(highest, value ?? 0), 0),
  );
  const { first, rules, merged } = await checkChoices(pool, set, choices, { scale, shown: SHOWN_ROWS, isWhole, bounds });
  const read = choices.length + aside;
  const readable = judgeShare(bounds, 'ratings.readable', 'schema', { count: aside, total: read - merged, sample: setAside });
  const judged = [readable, ...rules];
  const { log, map, titles } = set;
  return {
    ...{ name: set.source, columns: [...table.columns], nested_columns: [...table.nested], map, titles_map: titles?.map ?? null, scale },
    ...{ log, rows_read: read, is_whole: isWhole },
    rows: first.map(({ item, rated_at, ...row }) => ({ ...row, item: `${set.source}:${item}`, time: rated_at.toISOString() })),
    set_aside_count: judged.reduce((sum, { offending }) => sum + offending, 0),
    set_aside: judged
      .flatMap(({ sample }) => sample)
      .sort((a, b) => a.line - b.line)
      .slice(0, SHOWN_REASONS),
    problem: problemOf(judged, read),
  };
}

/** The rows that a request has time for; of those that cannot be read the first few, and how many there are. */
async function readFirst(rows: AsyncGenerator<SourceRow<Choice>>) {
  const choices: { line: number; row: Choice }[] = [];
  const setAside: ImportPreview['set_aside'] = [];
  let aside = 0;
  for await (const one of rows) {
    if (choices.length + aside === READ_ROWS) return { choices, setAside, aside, isWhole: false };
    if (!isReject(one)) choices.push(one);
    else {
      aside += 1;
      if (setAside.length < SHOWN_REASONS) setAside.push({ line: one.line, reason: one.reason });
    }
  }
  return { choices, setAside, aside, isWhole: true };
}

function problemOf(judged: readonly RuleReport[], read: number): string | null {
  if (read === 0) return 'there are no rows';
  const failed = judged.filter(({ passed }) => !passed);
  return failed.length === 0 ? null : failed.map(({ rule, detail }) => `${rule}: ${detail}`).join('; ');
}
