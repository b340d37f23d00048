/** Tasks that go wrong in one way each, for tests of what becomes of them. Imports the build, as what runs in production does. */
import { permanent } from '../../dist/contracts/failures.js';
import { createLogger } from '../../dist/platform/log.js';
import { answerCall } from '../../dist/platform/childProcess/child.js';

const kept = [];
const TASKS = {
  async logs(_input, { log }) {
    log.warn({ rows: 3 }, 'a feature was late');
  },
  echo: async (input) => ({ input, pid: process.pid }),
  async fillHeap() {
    for (;;) kept.push(Array.from({ length: 100_000 }, () => ({ kept: {} })));
  },
  async fillMemory() {
    for (;;) {
      kept.push(Buffer.alloc(16 * 2 ** 20, 1));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  },
  async nativeRunsOut() {
    process.stderr.write("terminate called after throwing an instance of 'std::bad_alloc'\n");
    await new Promise((resolve) => setTimeout(resolve, 100));
    process.abort();
  },
  killed: async () => process.kill(process.pid, 'SIGKILL'),
  crashes: async () => process.abort(),
  async spoilt() {
    throw permanent('NumericalFailure', 'the loss is NaN in epoch 1');
  },
  async broken() {
    throw new Error('the disk is full');
  },
  /** Never lets its event loop run again, as a long native call does. */
  async deep(_input, { onProgress }) {
    onProgress({ pid: process.pid });
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (;;);
  },
  async polite(_input, { signal, onProgress }) {
    onProgress({ pid: process.pid });
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
  },
};

answerCall(createLogger('task', 'info'), (name, input, surroundings) => TASKS[name](input, surroundings));
