import { Client, Connection } from '@temporalio/client';
import { randomBytes } from 'node:crypto';
import { engine } from './engines.ts';
import { waitFor } from './waitFor.ts';

export interface TestTemporal {
  readonly address: string;
  /** Of this test file alone, so that no other file's runs reach its workers. */
  readonly namespace: string;
  readonly client: Client;
  close(): Promise<void>;
}

export async function createTestTemporal(): Promise<TestTemporal> {
  const address = engine('TEST_TEMPORAL_ADDRESS');
  const namespace = `test-${randomBytes(6).toString('hex')}`;
  const connection = await Connection.connect({ address });
  await connection.workflowService.registerNamespace({ namespace, workflowExecutionRetentionPeriod: { seconds: 86_400 } as never });
  const client = new Client({ connection, namespace });
  // A new namespace reaches the server's caches after a moment.
  await waitFor(`namespace ${namespace}`, () => client.workflow.count().then(() => true));
  return { address, namespace, client, close: () => connection.close() };
}
