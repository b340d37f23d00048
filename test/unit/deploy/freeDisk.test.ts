import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { lookAtDisks, refuseFullDisks } from '../../../deploy/local/stack/freeDisk.ts';
import { readConfig } from '../../../platform/config.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'mlops disk '));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('the room on each disk that is written to is told, with what is needed there', async () => {
  const env = {
    STATE_DIR: path.join(folder, 'state'),
    DATA_DIR: path.join(folder, 'data'),
    BLOB_URL: `file:${path.join(folder, 'models')}`,
  };
  const { bavail, bsize } = await statfs(folder);
  const [disk, ...others] = await lookAtDisks(readConfig(env));
  expect(others).toEqual([]);
  expect(disk?.isEnough).toBe(bavail * bsize >= 1_200 * 2 ** 20);
  expect(disk?.text).toMatch(/^\d+\.\d GB free of the 1\.2 GB needed \(state in .*, data in .*, models in .*\)$/);
});

test('a start is refused where one disk has no room, by what that disk has and needs', async () => {
  // A file system of the kernel has no room at all.
  const config = readConfig({ STATE_DIR: folder, DATA_DIR: folder, BLOB_URL: 'file:/proc/models' });
  await expect(refuseFullDisks(config)).rejects.toThrow(/0\.0 GB free of the 0\.1 GB needed \(models in \/proc\/models\): make room there/);
});
