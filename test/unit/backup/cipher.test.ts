import { describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { createCipher, encryptedBytes } from '../../../domain/backup/cipher.ts';

const KEY = 'a key of thirty-two characters, or more';
const FRAME = 1024 * 1024;
const HEAD = 'mlops-backup-1\n'.length + 16;
const cipher = createCipher(KEY);

async function* inPieces(content: Buffer, bytes = 100_000) {
  for (let start = 0; start < content.length; start += bytes) yield await Promise.resolve(content.subarray(start, start + bytes));
}
async function whole(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const found: Uint8Array[] = [];
  for await (const chunk of chunks) found.push(chunk);
  return Buffer.concat(found);
}
const encrypt = (content: Buffer, name = 'a part') => whole(cipher.encrypt(name, inPieces(content)));
const decrypt = (content: Buffer, name = 'a part', by = cipher) => whole(by.decrypt(name, inPieces(content, 70_001)));
const DAMAGED = { type: 'SourceCorrupt', message: expect.stringContaining('a part is not what was written') };

describe('the encryption of a part', () => {
  test.each([0, 1, FRAME - 1, FRAME, FRAME + 1, 2 * FRAME])('gives %i bytes back, in as many as it says', async (bytes) => {
    const content = randomBytes(bytes);
    const encrypted = await encrypt(content);
    expect(encrypted.length).toBe(encryptedBytes(bytes));
    expect((await decrypt(encrypted)).equals(content)).toBe(true);
  });

  test('is another each time, and shows nothing of the content', async () => {
    const content = Buffer.alloc(1_000, 'user 17 ');
    const [one, two] = [await encrypt(content), await encrypt(content)];
    expect(one.equals(two)).toBe(false);
    expect(one.includes('user 17')).toBe(false);
  });

  test('is refused where one bit of it is another, wherever that is', async () => {
    const encrypted = await encrypt(randomBytes(FRAME + 10));
    for (const at of [0, 20, HEAD, HEAD + FRAME, HEAD + FRAME + 16, encrypted.length - 1]) {
      const changed = Buffer.from(encrypted);
      changed[at]! ^= 1;
      await expect(decrypt(changed)).rejects.toMatchObject(DAMAGED);
    }
  });

  test('is refused where frames are cut off, left out or exchanged', async () => {
    const encrypted = await encrypt(randomBytes(3 * FRAME));
    const frame = (n: number) => encrypted.subarray(HEAD + n * (FRAME + 16), HEAD + (n + 1) * (FRAME + 16));
    const head = encrypted.subarray(0, HEAD);
    for (const parts of [[], [frame(0)], [frame(0), frame(1)], [frame(0), frame(2)], [frame(1), frame(0), frame(2)], [frame(2)]])
      await expect(decrypt(Buffer.concat([head, ...parts]))).rejects.toMatchObject(DAMAGED);
    await expect(decrypt(encrypted.subarray(0, 10))).rejects.toMatchObject(DAMAGED);
    await expect(decrypt(Buffer.alloc(0))).rejects.toMatchObject(DAMAGED);
  });

  test('is refused in the place of another part, and with another key', async () => {
    const encrypted = await encrypt(randomBytes(10), 'another part');
    await expect(decrypt(encrypted)).rejects.toMatchObject(DAMAGED);
    const other = createCipher('another key of thirty-two characters');
    await expect(decrypt(await encrypt(randomBytes(10)), 'a part', other)).rejects.toMatchObject(DAMAGED);
  });

  test('names content by the key: the same for the same, and nothing that the content alone tells', () => {
    const digest = 'ab'.repeat(32);
    expect(cipher.nameOf(digest)).toBe(createCipher(KEY).nameOf(digest));
    expect(cipher.nameOf(digest)).not.toBe(createCipher('another key of thirty-two characters').nameOf(digest));
    expect(cipher.nameOf(digest)).not.toBe(digest);
  });
});
