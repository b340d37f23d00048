import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** The SDK's runtime, of which a process has one, tells errors alone: what fails in a test is meant to, and warnings of it would bury what is not. */
export function quietTemporal(): void {
  try {
    Runtime.install({
      logger: new DefaultLogger('ERROR'),
      shutdownSignals: [],
      telemetryOptions: { logging: { filter: 'error', forward: {} } },
    });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error; // another file of this process has
  }
}
