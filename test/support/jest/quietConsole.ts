import { Console } from 'node:console';
import { testLog } from '../testLog.ts';

/** Under test/run.mjs what a test file says on the console goes where all else goes that is shown only when a test fails. */
if (testLog.isKept) globalThis.console = new Console(testLog.stream);
