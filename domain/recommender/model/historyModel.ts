import type { Histories } from './histories.ts';
import { createTrainedModel, UnknownUser, type ModelCore, type TrainedModel } from './model.ts';

/** Makes a model of a kind that scores by history: for a user it has learnt from, by what they had chosen then. */
export const createHistoryModel = (
  histories: Histories,
  core: Omit<ModelCore, 'scoreAll' | 'answersUnknownUsers'> & Required<Pick<ModelCore, 'scoreHistory'>>,
): TrainedModel =>
  createTrainedModel({
    ...core,
    answersUnknownUsers: false,
    scoreAll(user) {
      if (user === null) throw new UnknownUser(core.kind, null);
      return core.scoreHistory(histories.of(user), user);
    },
  });
