import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { permanent } from '../../contracts/failures.ts';

/** What a key makes of a backup; without one everything is written as it is. */
export interface Cipher {
  /** Under this name content lies among the blobs of all backups: who has no key learns nothing of the content by it. */
  readonly nameOf: (sha256: string) => string;
  /** Of text that stays readable: nobody changes it unseen */
  readonly mac: (text: string) => string;
  readonly encrypt: (name: string, content: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer>;
  /** @throws Failure `SourceCorrupt` before anything of a frame that was changed is given */
  readonly decrypt: (name: string, content: AsyncIterable<Uint8Array>) => AsyncGenerator<Buffer>;
}

const MAGIC = Buffer.from('mlops-backup-1\n');
const SALT_BYTES = 16;
const TAG_BYTES = 16;
/** Of one frame, in bytes. Each has its own tag, so that nothing is given on before it is known to be right. */
const FRAME_BYTES = 1024 * 1024;
const HEAD_BYTES = MAGIC.length + SALT_BYTES;

/**
 * AES-256-GCM in frames, as in STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015, eprint.iacr.org/2015/189): the nonce counts the frames and marks the last
 * one, so that none can be left out, exchanged, or cut off at the end. Each part has a key of its own, made of its salt and its name.
 */
export function createCipher(key: string): Cipher {
  const derive = (salt: Buffer, purpose: string) => Buffer.from(hkdfSync('sha256', key, salt, `mlops backup ${purpose}`, 32));
  const [names, seals] = [derive(Buffer.alloc(0), 'names'), derive(Buffer.alloc(0), 'seals')];
  return {
    nameOf: (sha256) => createHmac('sha256', names).update(sha256).digest('hex'),
    mac: (text) => createHmac('sha256', seals).update(text).digest('hex'),
    async *encrypt(name, content) {
      const salt = randomBytes(SALT_BYTES);
      const partKey = derive(salt, name);
      yield Buffer.concat([MAGIC, salt]);
      for await (const { frame, number, isLast } of framesOf(content, FRAME_BYTES)) {
        const cipher = createCipheriv('aes-256-gcm', partKey, nonceOf(number, isLast));
        yield Buffer.concat([cipher.update(frame), cipher.final(), cipher.getAuthTag()]);
      }
    },
    async *decrypt(name, content) {
      let partKey = Buffer.alloc(0);
      const body = afterHead(content, name, (salt) => (partKey = derive(salt, name)));
      for await (const { frame, number, isLast } of framesOf(body, FRAME_BYTES + TAG_BYTES)) {
        if (frame.length < TAG_BYTES) throw damaged(name);
        const decipher = createDecipheriv('aes-256-gcm', partKey, nonceOf(number, isLast));
        decipher.setAuthTag(frame.subarray(-TAG_BYTES));
        const plain = decipher.update(frame.subarray(0, -TAG_BYTES));
        try {
          decipher.final();
        } catch {
          throw damaged(name);
        }
        yield plain;
      }
    },
  };
}

/** How many bytes content of a size has when it is encrypted. */
export const encryptedBytes = (plain: number): number => HEAD_BYTES + plain + Math.max(1, Math.ceil(plain / FRAME_BYTES)) * TAG_BYTES;

const damaged = (name: string) => permanent('SourceCorrupt', `${name} is not what was written: it was damaged or changed`);

function nonceOf(number: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUIntBE(number, 5, 6);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

/** Content in frames of one size; the last may be smaller, and is the only one that may be empty. */
async function* framesOf(content: AsyncIterable<Uint8Array>, bytes: number) {
  let number = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  for await (const chunk of content) {
    held.push(chunk);
    heldBytes += chunk.byteLength;
    if (heldBytes <= bytes) continue; // one that is just full may be the last
    let all = Buffer.concat(held);
    for (; all.length > bytes; all = all.subarray(bytes)) {
      yield { frame: all.subarray(0, bytes), number, isLast: false };
      number += 1;
    }
    [held, heldBytes] = [[all], all.length];
  }
  yield { frame: Buffer.concat(held), number, isLast: true };
}

/** @param takeSalt is called before the first chunk comes */
async function* afterHead(content: AsyncIterable<Uint8Array>, name: string, takeSalt: (salt: Buffer) => void): AsyncGenerator<Uint8Array> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of content) {
    if (head === undefined) {
      yield chunk;
      continue;
    }
    head = Buffer.concat([head, chunk]);
    if (head.length < HEAD_BYTES) continue;
    if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(name);
    takeSalt(head.subarray(MAGIC.length, HEAD_BYTES));
    yield head.subarray(HEAD_BYTES);
    head = undefined;
  }
  if (head !== undefined) throw damaged(name);
}
