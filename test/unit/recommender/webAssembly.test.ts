import { expect, test } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import type { OnWebAssembly } from './fixtures/onWebAssembly.ts';

test('on WebAssembly, which is slow at it, no product is asked for of a matrix as transposed, and each comes out the same', () => {
  const program = path.join(import.meta.dirname, 'fixtures', 'onWebAssembly.ts');
  const { flags, products } = JSON.parse(
    execFileSync(process.execPath, ['--import', 'tsx', program], { encoding: 'utf8' }),
  ) as OnWebAssembly;
  for (const { ours, theirs } of products) expect(ours).toEqual(theirs);
  expect(products).toHaveLength(2);
  expect(flags.length).toBeGreaterThan(8);
  expect(flags).not.toContain(true);
});
