import { proxyActivities } from '@temporalio/workflow';

const { pass } = proxyActivities<{ pass(value: number): Promise<number> }>({ startToCloseTimeout: '10 seconds' });

/** Four activities, one after the other: the length of the training pipeline, without its work. */
export async function chainOfFour(value: number): Promise<number> {
  return pass(await pass(await pass(await pass(value))));
}
