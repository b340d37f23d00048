import { appendFileSync } from 'node:fs';
import { Writable } from 'node:stream';

const file = process.env['TEST_LOG'];

/** What is shown when a test fails and only then: see reporter.js. Nothing is kept where no test/run.mjs asks for it. */
export const testLog = {
  isKept: file !== undefined,
  write: (chunk: string | Buffer): void => void (file && appendFileSync(file, chunk)),
  stream: new Writable({
    write(chunk: Buffer, _encoding, done) {
      testLog.write(chunk);
      done();
    },
  }),
};
