import { modelSpecSchema } from '../../../contracts/models.ts';
import type { CheckpointStore, FitContext } from '../../../domain/recommender/model/model.ts';
import { loadTensorflow } from '../../../platform/tensorflow.ts';

export const { tf } = loadTensorflow('cpu');

/** Keeps every state that was saved, and lets the parts' be looked at by name. */
export function memoryCheckpoints(): CheckpointStore & { saved: Uint8Array[]; parts: Map<string, { saved: Uint8Array[] }> } {
  const saved: Uint8Array[] = [];
  const parts = new Map<string, ReturnType<typeof memoryCheckpoints>>();
  const part = (name: string) => {
    const store = parts.get(name) ?? memoryCheckpoints();
    parts.set(name, store);
    return store;
  };
  return { saved, parts, load: async () => saved.at(-1) ?? null, save: async (state) => void saved.push(state), part };
}

export const fitContext = (given: Partial<FitContext> = {}): FitContext => ({
  tf,
  signal: new AbortController().signal,
  checkpoints: memoryCheckpoints(),
  onProgress: () => undefined,
  ...given,
});

const SMALL = {
  popularity: {},
  item_knn: { neighbours: 20, shrinkage: 1 },
  ease: { l2: 5 },
  ials: { epochs: 6, embedding_dim: 8, unobserved_weight: 0.1, l2: 0.05 },
  sasrec: { epochs: 6, batch_size: 16, embedding_dim: 16, length: 6, negatives: 16, dropout: 0, learning_rate: 0.02 },
  neural_cf: { epochs: 6, batch_size: 128, embedding_dim: 8, hidden_units: [16, 8], learning_rate: 0.03, dropout: 0.1 },
  ensemble: {
    members: [
      { kind: 'ease', l2: 5 },
      { kind: 'ials', epochs: 3, embedding_dim: 8, unobserved_weight: 0.1, l2: 0.05 },
      { kind: 'sasrec', epochs: 3, batch_size: 16, embedding_dim: 16, length: 6, negatives: 16, dropout: 0, learning_rate: 0.02 },
    ],
  },
  movie_predictor: { epochs: 6, batch_size: 32, hidden_units: 16, learning_rate: 0.02 },
} as const;
export const smallSpec = <Kind extends keyof typeof SMALL>(kind: Kind, given: object = {}) =>
  modelSpecSchema.parse({ kind, ...SMALL[kind], ...given });
