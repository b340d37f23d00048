import { expect, test } from '@jest/globals';
import type { StackControl } from '../../../cli/session.ts';
import type { TakenBackup } from '../../../contracts/backup.ts';
import { StartError } from '../../../deploy/local/supervision/startError.ts';
import { invoke } from './invoke.ts';

const SUMMARY = {
  ...{ backup_id: '20260101T010000000Z-00000001', taken_at: '2026-01-01T01:00:00.000Z', release: '1.2.3', schema_version: 45 },
  ...{ tables: 90, rows: 100_000, blobs: 12, bytes: 4_560_000, is_encrypted: true },
};
const TAKEN: TakenBackup = { ...SUMMARY, new_blobs: 2, new_bytes: 1_230_000, seconds: 3.2, lacks: ['offsets of consumers: no broker'] };
const VERIFIED = { backup_id: SUMMARY.backup_id, parts: 92, blobs: 12, bytes: 4_560_000, seconds: 1, faults: [] as string[] };
const RESTORED = {
  ...{ backup_id: SUMMARY.backup_id, taken_at: SUMMARY.taken_at, tables: 90, rows: 100_000, blobs: 12, offsets: 4, schedules: 7 },
  ...{ lost_runs: ['training/a'], seconds: 65 },
};

async function run(args: readonly string[], answers: Partial<StackControl> = {}) {
  const asked: unknown[] = [];
  const told = <T>(answer: T) =>
    ((...given: unknown[]) => (asked.push(given.filter((one) => typeof one !== 'function')), Promise.resolve(answer))) as never;
  const stack = {
    takeBackup: told(TAKEN),
    listBackups: told({ url: 'file:/b', backups: [SUMMARY, { backup_id: '20250101T010000000Z-00000001', unreadable: true }] }),
    verifyBackup: told(VERIFIED),
    restoreBackup: told(RESTORED),
    restoreFiles: told({ backup_id: SUMMARY.backup_id, files: 3 }),
    ...answers,
  };
  return { ...(await invoke(args, { stack })), asked };
}

test('`backup --to` takes one from this machine, and says what it has and what it lacks', async () => {
  const { out, exitCode, asked } = await run(['backup', '--to', 'file:/b']);
  expect([exitCode, asked]).toEqual([0, [[{ url: 'file:/b' }]]]);
  expect(out).toBe(
    'Backup 20260101T010000000Z-00000001 after 3.2 s: 90 tables with 100000 rows, 12 blobs, 4.6 MB, encrypted; 1.2 MB are new.\nIt lacks offsets of consumers: no broker\n',
  );
});

test('`backup list` shows each, also one that cannot be read', async () => {
  const { out } = await run(['backup', 'list']);
  expect(out).toBe(
    [
      'BACKUP                        TAKEN                SCHEMA  ROWS    BLOBS  SIZE',
      '20260101T010000000Z-00000001  2026-01-01 01:00:00  45      100000  12     4.6 MB  encrypted',
      '20250101T010000000Z-00000001                                                      cannot be read',
      '',
    ].join('\n'),
  );
});

test('`backup verify` takes the newest where none is named, and fails where something is damaged', async () => {
  const whole = await run(['backup', 'verify', '--from', 's3://b/c']);
  expect([whole.exitCode, whole.asked]).toEqual([0, [[{ url: 's3://b/c', backup: 'newest' }]]]);
  expect(whole.out).toContain('is whole: 92 parts and 12 blobs');
  const damaged = await run(['backup', 'verify', 'x'], {
    verifyBackup: async () => ({ ...VERIFIED, faults: ['x/tables/public.movies is gone'] }),
  });
  expect([damaged.exitCode, damaged.out]).toEqual([1, '20260101T010000000Z-00000001 is damaged:\n  x/tables/public.movies is gone\n']);
});

test('`restore` says what it restored, which runs are lost and what comes next; what stands against it, as it is told', async () => {
  const { out, asked } = await run(['restore', 'newest']);
  expect(asked).toEqual([[expect.objectContaining({ host: '127.0.0.1' }), { backup: 'newest' }]]);
  expect(out).toContain(
    '90 tables with 100000 rows, 12 blobs, 4 offsets, 7 schedules.\nUnder way when it was taken, and not gone on with: training/a.\nStart the platform',
  );
  const refused = await run(['restore', 'newest'], {
    restoreBackup: async () => {
      throw new StartError('the database is in use');
    },
  });
  expect([refused.exitCode, refused.err]).toEqual([1, 'the database is in use\n']);
});

test('`restore --files` brings back files alone, and says what to do about those who were erased', async () => {
  const { out, asked } = await run(['restore', 'newest', '--files']);
  expect(asked).toEqual([[{ backup: 'newest' }]]);
  expect(out).toBe(
    '3 files of 20260101T010000000Z-00000001 are back. Whoever was erased since may be in them: `mlops users erasures replay`.\n',
  );
});
