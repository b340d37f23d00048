import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { SetupError } from '../../../deploy/local/setup/command.mjs';
import { orGoWithout } from '../../../deploy/local/setup/without.mjs';
import { canHave } from '../../support/optionalPrograms.ts';

const { PATH, CHROMIUM } = process.env;
let cacheDir: string;
beforeEach(async () => {
  cacheDir = await mkdtemp(path.join(tmpdir(), 'mlops-cache-'));
  process.env['PATH'] = ''; // whatever this machine has
  delete process.env['CHROMIUM'];
});
afterEach(async () => {
  process.env['PATH'] = PATH;
  if (CHROMIUM !== undefined) process.env['CHROMIUM'] = CHROMIUM;
  await rm(cacheDir, { recursive: true });
});

const goWithout = (entry: string) =>
  orGoWithout({ entry, title: entry, optional: true }, { cacheDir, note: () => undefined }, () => Promise.reject(new SetupError('none')));

test.each([
  ['redis', 'redis-server'],
  ['pgbouncer', 'pgbouncer'],
  ['chromium', 'chromium'],
] as const)(
  'tests of %s are skipped where the setup could not get it, run where it is there, and fail where no setup has looked',
  async (entry, program) => {
    expect(() => canHave(entry, cacheDir)).toThrow('run `npm run setup -- --test`');
    await goWithout(entry);
    expect(canHave(entry, cacheDir)).toBe(false);
    await mkdir(path.join(cacheDir, entry));
    await writeFile(path.join(cacheDir, entry, program), '');
    expect(canHave(entry, cacheDir)).toBe(true);
  },
);
