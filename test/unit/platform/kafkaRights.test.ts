import { expect, test } from '@jest/globals';
import type { Admin } from 'kafkajs';
import { rightsOfGroup } from '../../../platform/kafka/rights.ts';

function answering(...types: (string | undefined)[]): { asked: () => number; admin: Pick<Admin, 'describeGroups'> } {
  let asked = 0;
  const describeGroups = async () => {
    const type = types[asked++];
    if (type !== undefined) throw Object.assign(new Error('This is not the correct coordinator for this group'), { type });
    return { groups: [] };
  };
  return { asked: () => asked, admin: { describeGroups } };
}

test('a group that nobody leads yet, as on a fresh broker, is asked about again', async () => {
  const { asked, admin } = answering('GROUP_COORDINATOR_NOT_AVAILABLE', 'NOT_COORDINATOR_FOR_GROUP', undefined);
  await expect(rightsOfGroup(admin, 'ingest')).resolves.toBeUndefined();
  expect(asked()).toBe(3);
});

test('a group that we may not look at is told at once', async () => {
  const { asked, admin } = answering('GROUP_AUTHORIZATION_FAILED');
  await expect(rightsOfGroup(admin, 'ingest')).rejects.toMatchObject({ type: 'GROUP_AUTHORIZATION_FAILED' });
  expect(asked()).toBe(1);
});
