import { createLoadedScorer, type ScorerSettings } from '../../serving/scoring/loadedScorer.ts';
import type { ScorerEvents } from '../../serving/scoring/scorer.ts';
import { silentLog } from './database.ts';

/** For `connectServing`: scores in the test's own process. */
export const scoringHere = (settings: ScorerSettings) => (events: ScorerEvents) =>
  createLoadedScorer(settings, { ...events, log: silentLog });
