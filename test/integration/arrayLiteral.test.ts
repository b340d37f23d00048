import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { arrayLiteral, copyLine } from '../../domain/catalogue/copyText.ts';
import { Readable } from 'node:stream';
import { copyIn } from '../../platform/copy.ts';
import { withTransaction } from '../../platform/postgres.ts';
import { createTestDatabase, type TestDatabase } from '../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** What means something to Postgres in an array, in a line of COPY, or in neither. */
const PARTS = ['\r', '\n', '\t', '"', '""', '\\', '\\n', '{', '}', ',', ';', ' ', 'NULL', 'null', '', '\\.', "'", 'é', '😀', '\u0001', 'a'];
const text = fc.oneof(
  fc.array(fc.constantFrom(...PARTS), { maxLength: 6 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }).filter((any) => !any.includes('\0')),
);
const rows = fc.array(fc.array(text, { maxLength: 5 }), { minLength: 1, maxLength: 20 });

test('every text of an array comes back from Postgres as it was, by a parameter and by COPY', async () => {
  await fc.assert(
    fc.asyncProperty(rows, async (arrays) => {
      const found = await withTransaction(database.pool, async (connection) => {
        await connection.query('create temporary table arrays (nth int, given text[]) on commit drop');
        const lines = arrays.map((items, nth) => copyLine([nth, arrayLiteral(items)]));
        await copyIn(connection, 'copy arrays from stdin (format csv)', Readable.from(lines), new AbortController().signal);
        const { rows: copied } = await connection.query<{ given: string[] }>('select given from arrays order by nth');
        const { rows: asked } = await connection.query<{ given: string[] }>(
          'select literal::text[] as given from unnest($1::text[]) with ordinality as l (literal, nth) order by nth',
          [arrays.map(arrayLiteral)],
        );
        return [copied, asked].map((of) => of.map(({ given }) => given));
      });
      expect(found).toEqual([arrays, arrays]);
    }),
    { numRuns: 200, examples: [[[PARTS]]] },
  );
});
