import { namedInWords } from './tables.ts';
import { countAll, type Store } from './store.ts';

/** What the workflow engine keeps of runs. */
export interface RunHistories {
  /** Executions that are over, of these workflows. */
  listClosed(workflows: readonly string[]): AsyncIterable<{ readonly runId: string; readonly execution: string }>;
  /** All that an execution's history holds, as text, part by part; nothing of one that is gone. */
  readTexts(runId: string, execution: string): AsyncIterable<string>;
  forget(runId: string, execution: string): Promise<unknown>;
}

/** Workflows in whose histories a user may be named: as a bound of a shard, or in the words of a failure. */
const NAMING = [
  'batchRecommendations',
  'movieDataCollection',
  'dataImport',
  'featureMaterialization',
  'movieTrainingPipeline',
  'movieModelTraining',
  'modelSweep',
] as const;

/** Histories are written once: one that names the user goes whole. What the run did and came to is in the ledger. */
export function createHistoryStore(histories: RunHistories): Store {
  async function* naming(userId: string, onProgress: (progress: unknown) => void) {
    const isNamed = namesIn(userId);
    for await (const { runId, execution } of histories.listClosed(NAMING)) {
      onProgress({ run: runId });
      for await (const text of histories.readTexts(runId, execution)) {
        if (!isNamed(text)) continue;
        yield { runId, execution };
        break;
      }
    }
  }
  return {
    async erase({ userId }, { onProgress }) {
      let gone = 0;
      for await (const { runId, execution } of naming(userId, onProgress)) {
        await histories.forget(runId, execution);
        gone += 1;
      }
      return gone;
    },
    look: async ({ userId }, { onProgress }) => ({ count: await countAll(naming(userId, onProgress)) }),
  };
}

/** Whether a text of a history names the user. */
export function namesIn(userId: string): (text: string) => boolean {
  const bounds = ['after', 'upTo'].map((bound) => `"${bound}":${JSON.stringify(userId)}`);
  const words = new RegExp(namedInWords(userId));
  return (text) => bounds.some((bound) => text.includes(bound)) || words.test(text);
}
