import { afterEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { mountSmallDisk, removeSmallDisks } from '../../support/smallDisk.ts';
import { waitFor } from '../../support/waitFor.ts';

const FIXTURE = path.join(import.meta.dirname, 'fixtures', 'loggingProcess.ts');

afterEach(removeSmallDisks);

/** A process that logs to this file. */
function startLogging(file: string) {
  const log = openSync(file, 'a');
  const child = spawn(process.execPath, ['--import', 'tsx', FIXTURE], { stdio: ['pipe', log, 'pipe'] });
  closeSync(log);
  let said = '';
  const { stdin, stderr } = child;
  stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const ended = once(child, 'exit').then(([code]) => code as number | null);
  const lives = () => said.match(/lives/g)?.length ?? 0;
  return {
    async write(lines: number) {
      const before = lives();
      stdin?.write(String(lines));
      await Promise.race([
        waitFor('a sign of life', () => lives() > before),
        ended.then((code) => Promise.reject(new Error(`it ended with ${code}: ${said}`))),
      ]);
    },
    end() {
      stdin?.end();
      return ended;
    },
  };
}

test('a process whose log has no room lives on, ends as it is told, and catches up when there is room, saying what it lost', async () => {
  const disk = mountSmallDisk();
  const file = disk ? path.join(disk.folder, 'process.log') : '/dev/full';
  const logging = startLogging(file);
  try {
    await logging.write(1);
    disk?.fill();
    await logging.write(20);
    await logging.write(100);
    disk?.free();
    // Of /dev/full, which never has room, the rest of the promise cannot be asked.
    if (disk) {
      await waitFor('the log to catch up', () => /"lost":\d+/.test(readFileSync(file, 'utf8')));
      const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
      const parsed = lines.map((line) => JSON.parse(line) as { lost?: number });
      const lost = parsed.at(-1)?.lost ?? 0;
      expect(parsed.length - 1 + lost).toBe(124);
      expect(lost).toBeLessThan(50);
    }
    expect(await logging.end()).toBe(0);
  } finally {
    await logging.end();
  }
});
