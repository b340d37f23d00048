import { answerCalls } from '../../platform/childProcess/answerCalls.ts';
import { readConfig } from '../../platform/config.ts';
import { createLogger } from '../../platform/log.ts';
import { openTensorflow } from '../../platform/tensorflow.ts';
import { createLoadedScorer } from './loadedScorer.ts';
import type { Scoring, Told } from './scoringProcesses.ts';

/** One of the processes that score; the model server's HTTP starts them and calls them (`startScoringProcesses`). */
const TELL_EVERY_MS = 200;

const config = readConfig();
const log = createLogger('serving', config.logLevel);
const tensorflow = await openTensorflow(config.tfBackend);
const scorer = createLoadedScorer(
  { ...config, tensorflow },
  {
    onShadowServed: (shadow) => tell({ shadow }),
    onShadow: (outcome) => tell({ outcome }),
    onChange: (change) => tell({ change }),
    log,
  },
);

const calls: Scoring = {
  recommend: (body) => scorer.recommend(body),
  predict: (body) => scorer.predict(body),
  similar: (body) => scorer.similar(body),
  infer: (asked, signal) => scorer.infer(asked, signal),
};
const answering = answerCalls((name, input, signal) => calls[name as keyof Scoring](input as never, signal));

function tell(message: Told): void {
  answering.tell(message);
}

let told = '';
/** What it has is told when it has changed. */
function tellState(): void {
  const state = scorer.state();
  const now = JSON.stringify(state);
  if (now === told) return;
  told = now;
  tell({ state });
  if (state.models.length > 0) answering.stand('ready');
}

await scorer.looked;
answering.stand('up');
tellState();
setInterval(tellState, TELL_EVERY_MS);
