import type { ModelName } from '../../contracts/models.ts';
import type { Logger } from '../../platform/log.ts';
import type { TrainedModel } from '../recommender/model/model.ts';
import type { AliasedVersion } from '../registry/aliases.ts';
import { ROUTED_MODELS, type LoadedModel } from './routes.ts';

/** A champion that could not be loaded; what was served before it is served on. */
interface BrokenModel {
  readonly name: ModelName;
  readonly version: string;
  readonly reason: string;
}

export interface ShelfChange {
  readonly name: ModelName;
  readonly version: string;
  readonly outcome: 'loaded' | 'broken' | 'removed';
}

export interface ModelShelf {
  /** The loaded champion of this name. It may be disposed once the caller awaits: find it, let it answer, then wait for other things. */
  find(name: ModelName): LoadedModel | undefined;
  loaded(): LoadedModel[];
  broken(): BrokenModel[];
  /** Brings the shelf to the champions of now. Calls that come meanwhile share one more look. @throws what listing the champions throws */
  refresh(): Promise<void>;
  dispose(): void;
}

export interface ModelShelfParts {
  /** Who is champion now, of any name; those that answer on no route are passed over. */
  readonly listChampions: () => Promise<AliasedVersion[]>;
  readonly load: (name: ModelName, source: string) => Promise<TrainedModel>;
  readonly onChange: (change: ShelfChange) => void;
  readonly log: Logger;
}

type Champion = AliasedVersion & { readonly name: ModelName };
type Slot = LoadedModel & { readonly source: string };

/** A folder may be whole again, or the store back, without a new version. */
const RETRY_BROKEN_MS = 10_000;

/**
 * Holds the champions in memory. A new one is loaded and tried beside the old one, then takes its place between two requests:
 * models answer synchronously, so none is disposed while it answers.
 */
export function createModelShelf({ listChampions, load, onChange, log }: ModelShelfParts): ModelShelf {
  const slots = new Map<ModelName, Slot>();
  const failures = new Map<ModelName, BrokenModel & { source: string; retryAt: number }>();

  async function look(): Promise<void> {
    const champions = (await listChampions()).filter(isServable);
    for (const failed of failures.values()) if (!champions.some((champion) => isSame(failed, champion))) failures.delete(failed.name);
    for (const name of slots.keys()) if (!champions.some((champion) => champion.name === name)) remove(name);
    // One after the other, so that at most one model more than needed is in memory.
    for (const champion of champions) if (isNew(champion)) await bring(champion);
  }

  function isNew(champion: Champion): boolean {
    const failed = failures.get(champion.name);
    if (failed) return Date.now() >= failed.retryAt;
    const slot = slots.get(champion.name);
    return !slot || !isSame(slot, champion);
  }

  async function bring(champion: Champion): Promise<void> {
    const { name, version, source } = champion;
    try {
      const model = await loadAndTry(load, champion);
      const before = slots.get(name);
      slots.set(name, { name, version, source, model });
      failures.delete(name);
      before?.model.dispose();
      log.info({ model: name, version, replaced: before?.version }, 'model loaded');
      onChange({ name, version, outcome: 'loaded' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const isKnown = failures.get(name)?.reason === reason;
      failures.set(name, { name, version, source, reason, retryAt: Date.now() + RETRY_BROKEN_MS });
      if (isKnown) return; // said and counted when it was first found
      log.error({ err: error, model: name, version, serving: slots.get(name)?.version }, 'model cannot be loaded');
      onChange({ name, version, outcome: 'broken' });
    }
  }

  function remove(name: ModelName): void {
    const slot = slots.get(name)!;
    slots.delete(name);
    slot.model.dispose();
    log.info({ model: name, version: slot.version }, 'model has no champion any more');
    onChange({ name, version: slot.version, outcome: 'removed' });
  }

  return {
    find: (name) => slots.get(name),
    loaded: () => [...slots.values()],
    broken: () => [...failures.values()],
    refresh: oneAtATime(look),
    dispose() {
      for (const { model } of slots.values()) model.dispose();
      slots.clear();
    },
  };
}

const isServable = (version: AliasedVersion): version is Champion => ROUTED_MODELS.some((name) => name === version.name);
const isSame = (a: AliasedVersion, b: AliasedVersion) => a.name === b.name && a.version === b.version && a.source === b.source;

/** The first answer is the slowest, and shows whether there is one, and that it is of numbers: it is asked for before the model serves. */
async function loadAndTry(load: ModelShelfParts['load'], { name, source }: Champion): Promise<TrainedModel> {
  const model = await load(name, source);
  try {
    const [best] = model.recommend({ userId: model.users.ids[0] ?? null, k: 1 });
    if (best && !Number.isFinite(best.score)) throw new Error(`it gives movie ${best.movieId} the score ${best.score}`);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** Calls that come while `work` runs are answered by one more run, which sees what they came for. */
function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let asked = false;
  const runWhileAsked = async () => {
    try {
      while (asked) {
        asked = false;
        await work();
      }
    } finally {
      running = undefined;
    }
  };
  return () => {
    asked = true;
    return (running ??= runWhileAsked());
  };
}
