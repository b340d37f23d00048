import type { LogField } from '../../../contracts/dataImport.ts';
import { ID_CHARACTERS } from '../../../contracts/sizes.ts';
import { isPlainText } from '../../../contracts/text.ts';
import { isReject, type SourceRow } from '../../catalogue/source.ts';
import type { ColumnMap } from './mapColumns.ts';
import { readOwnTime } from './ownTime.ts';
import type { OwnRow, OwnTable } from './ownTable.ts';

/** Somebody chose an item. */
export interface Choice {
  readonly user: string;
  readonly item: string;
  /** As the file has it; null of a bare choice. */
  readonly value: number | null;
  readonly at: Date;
}

export interface ChoiceForm {
  readonly map: ColumnMap<LogField>;
  /** Stands with a colon before each id, and counts to its length. */
  readonly source: string;
  /** Of rows that name no time, where the log has no such column. */
  readonly timeOfLog: Date;
}

/** Reads a log; a row that says nothing that can be used is set aside with the reason. */
export async function* readChoices(table: OwnTable, form: ChoiceForm): AsyncGenerator<SourceRow<Choice>> {
  for await (const one of table.rows()) {
    if (isReject(one)) yield one;
    else {
      const read = toChoice(one.row, form);
      yield typeof read === 'string' ? { line: one.line, reason: read, raw: rawOf(one.row) } : { line: one.line, row: read };
    }
  }
}

function toChoice(row: OwnRow, { map, source, timeOfLog }: ChoiceForm): Choice | string {
  const user = textOf(row[map.user!]);
  const item = textOf(row[map.item!]);
  const wrong = faultOfId(user, 'user', source) ?? faultOfId(item, 'item', source);
  if (wrong !== null) return wrong;
  const value = map.value === undefined ? null : numberOf(row[map.value]);
  if (Number.isNaN(value)) return `${map.value} "${textOf(row[map.value!]).slice(0, 100)}" ${faultOfNumber(textOf(row[map.value!]))}`;
  const at = map.time === undefined ? timeOfLog.getTime() : readOwnTime(row[map.time]);
  if (!(Math.abs(at) <= 8.64e15)) return `${map.time} "${textOf(row[map.time!]).slice(0, 100)}" is no time`;
  return { user, item, value, at: new Date(at) };
}

/** What stands in a cell as text. */
export const textOf = (value: unknown): string => {
  if (value === null || value === undefined) return '';
  if (value instanceof Date) return value.toISOString();
  if (typeof value === 'string') return value.trim();
  return typeof value === 'bigint' ? String(value) : JSON.stringify(value);
};

/** @returns why a text cannot be the id of a user or an item; null where it can */
export function faultOfId(id: string, what: string, source: string): string | null {
  if (id === '') return `the ${what} is empty`;
  if (!isPlainText(id)) return `the ${what} holds a control character`;
  const most = ID_CHARACTERS - source.length - 1;
  return id.length > most ? `the ${what} has ${id.length} characters; at most ${most} are taken` : null;
}

const MOST = 1e9;
function numberOf(value: unknown): number {
  const text = textOf(value);
  const number = /^\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  return number <= MOST ? number : Number.NaN;
}

const faultOfNumber = (text: string): string =>
  /^\d+,\d+$/.test(text) ? 'has a comma; write decimals with a point, as 1.5' : 'is no number from 0 up';

export const rawOf = (row: OwnRow): string =>
  JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value));
