import { proxyActivities } from '@temporalio/workflow';

const { trainMovieModel, registerModel } = proxyActivities<Record<string, (input: unknown) => Promise<unknown>>>({
  startToCloseTimeout: '1 minute',
});

/** `movieModelTraining` as somebody might change it in good faith: the evaluation is gone, and with it every run that is under way. */
export async function movieModelTraining(input: unknown): Promise<unknown> {
  const model = await trainMovieModel!(input);
  return registerModel!(model);
}
