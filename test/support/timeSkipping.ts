import { TestWorkflowEnvironment } from '@temporalio/testing';
import { engine } from './engines.ts';

const ATTEMPTS = 10;
// It lives for seconds: starting soon matters more than running fast.
const QUICK_START = '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC';

/** A Temporal server whose clock jumps ahead while somebody waits for a result. The SDK gives it 5 s to start, too little for Java on a busy machine. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  process.env['JAVA_TOOL_OPTIONS'] = QUICK_START;
  const server = { executable: { type: 'existing-path', path: engine('TEST_TIME_SKIPPING_SERVER') } } as const;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await TestWorkflowEnvironment.createTimeSkipping({ server });
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}
