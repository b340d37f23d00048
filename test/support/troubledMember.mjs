/** A process of a pool whose calls go wrong in one way each, for tests of what becomes of them. Imports the build, as what runs in production does. */
import { invalid } from '../../dist/contracts/failures.js';
import { answerCalls } from '../../dist/platform/childProcess/answerCalls.js';

const kept = [];
const CALLS = {
  echo: async (input) => ({ input, pid: process.pid }),
  later: (ms) => new Promise((resolve) => setTimeout(() => resolve(process.pid), ms)),
  async refuse() {
    throw invalid('k', 'k is far too large');
  },
  async break() {
    throw new Error('the disk is full');
  },
  async tell(told) {
    answering.tell(told);
  },
  async grow(megabytes) {
    kept.push(Buffer.alloc(megabytes * 2 ** 20, 1));
    return process.pid;
  },
  async waitForCancel(_input, signal) {
    answering.tell('waiting');
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    answering.tell('cancelled');
  },
  die: () => process.kill(process.pid, 'SIGKILL'),
};

const answering = answerCalls((name, input, signal) => CALLS[name](input, signal));
answering.stand('ready');
