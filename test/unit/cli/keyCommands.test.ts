import { describe, expect, test } from '@jest/globals';
import type { IssuedKey } from '../../../contracts/keys.ts';
import { askScriptedApi, cells } from './scriptedApi.ts';

const { ask, asked } = askScriptedApi('keys');

const KEY: IssuedKey = {
  ...{ key_id: '3f9a1c0b7d42', prefix: 'mmk_3f9a1c0b7d42_', name: 'shop', role: 'user', state: 'good', requests_per_minute: 600 },
  ...{ created_at: '2026-11-23T22:55:00.000Z', created_by: 'anna', expires_at: null, last_used_at: null, replaced_by: null },
  ...{ revoked_at: null, revoked_by: null },
};
const NEW = { ...KEY, key: `mmk_3f9a1c0b7d42_${'0'.repeat(64)}` };

describe('keys', () => {
  test('list: whose they are, what they may, and when they were used', async () => {
    const { out } = await ask(['list'], { 'GET /api/v1/keys': { body: { keys: [KEY, { ...KEY, replaced_by: '000000000000' }] } } });
    expect(cells(out)[1]).toEqual(['3f9a1c0b7d42', 'shop', 'user', 'good', '-', 'never', 'anna', '2026-11-23 22:55:00', '600']);
    expect(cells(out)[2]?.[3]).toBe('rotated to 000000000000');
  });

  test('issue: shows the key, and says that it does so once', async () => {
    const args = ['issue', 'shop', '--role', 'user', '--expires', '2026-12-24', '--per-minute', '600'];
    const { out } = await ask(args, { 'POST /api/v1/keys': { body: NEW } });
    expect(out).toContain(`${NEW.key}\n\nKeep it now: it is not shown again.`);
    const body = { name: 'shop', role: 'user', expires_at: '2026-12-24T00:00:00.000Z', requests_per_minute: 600 };
    expect(asked()).toEqual([['POST /api/v1/keys', body]]);
  });

  test('rotate: the old one is good for as long as is said', async () => {
    const { out } = await ask(['rotate', KEY.key_id, '--grace', '30m'], { 'POST /api/v1/keys/3f9a1c0b7d42/rotate': { body: NEW } });
    expect(out).toContain('The old one, 3f9a1c0b7d42, is good for 30m at most.');
    expect(asked()).toEqual([['POST /api/v1/keys/3f9a1c0b7d42/rotate', { grace_s: 1_800 }]]);
    expect(await ask(['rotate', KEY.key_id, '--grace', 'soon'])).toMatchObject({
      exitCode: 2,
      err: expect.stringContaining('soon is no span'),
    });
  });

  test('revoke ends one', async () => {
    const { out } = await ask(['revoke', KEY.key_id], { 'DELETE /api/v1/keys/3f9a1c0b7d42': { body: KEY } });
    expect([out, asked()]).toEqual(['Key 3f9a1c0b7d42 of shop is revoked.\n', [['DELETE /api/v1/keys/3f9a1c0b7d42', undefined]]]);
  });
});
