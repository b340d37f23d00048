import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import { openOwn } from '../../../domain/imports/own/openOwn.ts';
import { openOwnTable } from '../../../domain/imports/own/ownTable.ts';
import { previewOwn } from '../../../domain/imports/own/previewOwn.ts';
import { readChoices } from '../../../domain/imports/own/readChoices.ts';
import type { Pool } from '../../../platform/postgres.ts';
import { makeZip } from '../../support/makeZip.ts';

let folder: string;
beforeAll(async () => void (folder = await mkdtemp(path.join(tmpdir(), 'own files '))));
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = path.join(folder, name);
  await writeFile(file, content);
  return file;
}
const messageOf = (refused: Promise<unknown>) =>
  refused.then(
    () => 'nothing was wrong',
    (error: unknown) => (error as Error).message,
  );
const bounds = { maxRejectShare: 0.05, maxVolumeDrop: 0.2, volumeRuns: 5, maxAgeDays: undefined };
/** What is refused is so before anything is asked of the database. */
const preview = (place: string, rest = {}) => messageOf(previewOwn({ path: place, name: 'shop', ...rest }, { pool: {} as Pool, bounds }));

const LOG = 'user,item,stars\nu1,i1,5\nu2,i2,4\n';
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const ofBytes = (...bytes: number[]) => Buffer.from([...bytes, ...Buffer.from(LOG)]);

describe('a file that is no text is told for what it is:', () => {
  test.each<[string, Uint8Array, string]>([
    ['gzip', gzipSync(LOG), 'it is packed by gzip; unpack it first'],
    [
      'a zip',
      makeZip([{ name: 'shop.csv', content: Buffer.from(LOG) }]),
      'it is a zip, or a workbook of Excel; unpack it, or save its sheet as CSV',
    ],
    ['Zstandard', ofBytes(0x28, 0xb5, 0x2f, 0xfd), 'it is packed by Zstandard'],
    ['bzip2', Buffer.from('BZh91AY&SY'), 'it is packed by bzip2'],
    ['an old workbook', ofBytes(0xd0, 0xcf, 0x11, 0xe0), 'it is a workbook of Excel; save its sheet as CSV'],
    ['UTF-16 with its mark', Buffer.from(`\ufeff${LOG}`, 'utf16le'), 'it is in UTF-16; save it as UTF-8'],
    ['UTF-16 without a mark', Buffer.from(LOG, 'utf16le'), 'it is in UTF-16; save it as UTF-8'],
    ['UTF-16 from the big end', utf16be('user,item\n고객,상품\n'), 'it is in UTF-16; save it as UTF-8'],
    ['a picture', Buffer.from('89504e470d0a1a0a0000000d49484452000000100000001008060000001ff3ff61', 'hex'), 'it is no text'],
    ['Parquet', Buffer.from('PAR1\0\0\0\0PAR1'), 'it is Parquet; call it so that it ends with .parquet'],
    ['a JSON array', Buffer.from('[{"user": "u1", "item": "i1"}]'), 'it is a JSON array; JSON Lines are read, one object a line'],
    ['JSON Lines', Buffer.from('{"user": "u1", "item": "i1"}\n'), 'it is JSON; a file of JSON Lines, one object a line, ends with .jsonl'],
  ])('%s', async (_, content, said) => {
    const file = await write('log.csv', content);
    expect(await messageOf(openOwnTable(file))).toContain(`log.csv cannot be used: ${said}`);
  });

  test('text of any encoding is text, also with a character in it that cannot be kept', async () => {
    for (const text of [LOG, `${LOG}u\0,i,3\n`, 'user,item\n고객,상품\n', Buffer.from('user,item\n\xe9,\xe8\n', 'latin1')]) {
      expect(await messageOf(openOwnTable(await write('text.csv', text)))).toBe('nothing was wrong');
    }
  });

  test('JSON over many lines, and what is no file at all', async () => {
    const file = await write('log.jsonl', '[\n  {"user": "u1"},\n  {"user": "u2"}\n]\n');
    expect(await messageOf(openOwnTable(file))).toContain('it is a JSON array');
    expect(await messageOf(openOwnTable(await write('log.ndjson', '{\n  "user": "u1"\n}\n')))).toContain('each line is one');
    expect(await messageOf(openOwnTable('/dev/zero'))).toBe('zero cannot be used: it is no file');
    const pipe = path.join(folder, 'pipe.csv');
    execFileSync('mkfifo', [pipe]);
    expect(await preview(pipe)).toBe('path: pipe.csv cannot be used: it is no file');
  });
});

describe('a preview, or an import, of an own log says what to do instead', () => {
  const IS_OF_LOG = 'path: a preview (--dry-run) is of an own log, a file that ends with .csv, .tsv, .txt, .jsonl, .ndjson, .parquet; ';

  test('of an address', async () => {
    const said = 'own data is read from files; download http://127.0.0.1:1/x.csv, and name the file';
    expect(await preview('http://127.0.0.1:1/x.csv')).toBe(`path: ${said}`);
    expect(await messageOf(openOwn({ path: 'http://127.0.0.1:1/x.csv' }, 'x'))).toBe(`path: ${said}`);
    expect(await preview(await write('log.csv', LOG), { titles: 'http://127.0.0.1:1/x.csv' })).toBe(`titles: ${said}`);
  });

  test('of a set, of a file that ends otherwise, or of one that is packed', async () => {
    expect(await preview(folder)).toBe(`${IS_OF_LOG}a set in a folder or a zip has none`);
    expect(await preview(await write('ml.zip', LOG))).toBe(`${IS_OF_LOG}a set in a folder or a zip has none`);
    const json = await write('log.json', LOG);
    expect(await preview(json)).toBe(`${IS_OF_LOG}${json} ends otherwise`);
    expect(await preview(await write('log.csv.gz', gzipSync(LOG)))).toBe(
      'path: log.csv.gz cannot be used: it is packed by gzip; unpack it first',
    );
    expect(await preview(path.join(folder, 'none.json'))).toContain('none.json is missing in');
  });

  test('of columns of titles without titles', async () => {
    const file = await write('log.csv', LOG);
    expect(await preview(file, { titles_map: { item: 'sku' } })).toBe(
      'titles_map: is of a file of titles; name that too (titles, or --titles)',
    );
  });

  test('of a column that would be the one but holds lists or objects', async () => {
    const file = await write('log.jsonl', '{"customer": {"id": 1}, "sku": "a", "stars": 4}\n');
    expect(await preview(file)).toBe(
      'map.user: no column looks like the user (customer holds lists or objects, not one value a row); the file has the columns sku, stars; write --map user=<column>',
    );
  });

  test('of decimals with a comma', async () => {
    const file = await write('log.csv', 'user;item;stars\nu1;i1;1,5\nu2;i2;good\n');
    const found = [];
    const form = { map: { user: 'user', item: 'item', value: 'stars' }, source: 'shop', timeOfLog: new Date(0) };
    for await (const one of readChoices(await openOwnTable(file), form)) found.push('reason' in one ? one.reason : one.row);
    expect(found).toEqual(['stars "1,5" has a comma; write decimals with a point, as 1.5', 'stars "good" is no number from 0 up']);
  });
});
