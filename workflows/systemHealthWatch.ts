import { continueAsNew, defineSignal, setHandler, sleep, workflowInfo } from '@temporalio/workflow';
import type { ScalingActivities } from '../activities/scaling.ts';
import { healthWatchInputSchema, OVERLOAD_SIGNAL, type HealthWatchInput, type HealthWatchResult } from '../contracts/scaling.ts';
import { WORKFLOWS } from '../contracts/workflows.ts';
import { parseInput } from './parseInput.ts';
import { stepsOf } from './proxySteps.ts';
import { tellToo } from './tellState.ts';

const { lookAtHealth } = stepsOf(WORKFLOWS.systemHealthWatch.steps).by<ScalingActivities>();
const overload = defineSignal(OVERLOAD_SIGNAL);

/** Looks at what a service says of itself again and again, until nothing is left to watch. */
export async function systemHealthWatch(given: HealthWatchInput): Promise<HealthWatchResult> {
  const { service, look_seconds } = parseInput(healthWatchInputSchema, given);
  let told = 0;
  setHandler(overload, () => void (told += 1), { description: 'The service has said that it has too much to do' });
  for (let looks = 1; ; looks += 1) {
    const heard = told;
    const { state, wanted } = await lookAtHealth({ service });
    if (state === 'calm' && told === heard) return { looks };
    tellToo(() => (state === 'raised' ? `wants ${wanted} replicas` : 'wants no more replicas yet'));
    await sleep(look_seconds * 1_000, { summary: `watches ${service}` });
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof systemHealthWatch>({ service, look_seconds });
  }
}
