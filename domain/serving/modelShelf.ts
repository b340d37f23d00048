import type { ModelName } from '../../contracts/models.ts';
import { readModelRef, type AnsweringName, type ModelRef } from '../../contracts/routes.ts';
import type { Logger } from '../../platform/log.ts';
import type { Catalogues } from '../catalogue/ownCatalogues.ts';
import type { TrainedModel } from '../recommender/model/model.ts';
import type { MeasuredModel } from '../recommender/training/modelFiles.ts';
import type { AliasedVersion } from '../registry/aliases.ts';
import { whyNotServed } from '../registry/unserved.ts';

/** A version of a model that is ready to answer. */
export interface LoadedModel {
  readonly name: AnsweringName;
  readonly version: string;
  readonly model: TrainedModel;
  /** Of the movies it knows. */
  readonly catalogues: Catalogues;
}

/** What is told of a version in memory. */
export interface ShelvedModel extends LoadedModel, Omit<MeasuredModel, 'model'> {
  readonly name: ModelName;
  readonly refs: readonly ModelRef[];
  readonly loadedAt: Date;
  /** That it gave since then. */
  readonly answers: number;
}

/** A version that could not be loaded; what was served under its reference before is served on. */
export interface BrokenModel {
  readonly ref: ModelRef;
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
  /** What answers under this reference. It may be disposed once the caller awaits: find it, let it answer, then wait for other things. */
  find(ref: ModelRef): LoadedModel | undefined;
  /** Each version once, whatever references name it. */
  loaded(): LoadedModel[];
  /** The same, with what is known of each. */
  describe(): ShelvedModel[];
  broken(): BrokenModel[];
  /** Keeps a version in memory, for an answer that waits in between, until what is returned is called, though nothing names it any more. */
  hold(model: LoadedModel): () => void;
  /** Counts an answer that a version gave. */
  noteAnswer(by: Pick<LoadedModel, 'version'> & { readonly name: string }): void;
  /**
   * Brings what these references name now, beside what is there. A new version is loaded and tried, then takes its place between two requests.
   * @throws what looking the references up throws
   */
  bring(refs: readonly ModelRef[]): Promise<void>;
  /** Lets go of what no reference of these names. */
  keepOnly(refs: readonly ModelRef[]): void;
  dispose(): void;
}

export interface ModelShelfParts {
  /** The versions that references name now; null for one that names none. */
  readonly findVersions: (named: readonly ReturnType<typeof readModelRef>[]) => Promise<readonly (AliasedVersion | null)[]>;
  readonly load: (name: ModelName, source: string) => Promise<MeasuredModel>;
  readonly readCatalogues: (movieIds: readonly string[]) => Promise<Catalogues>;
  readonly onChange: (change: ShelfChange) => void;
  readonly log: Logger;
}

type Slot = Omit<ShelvedModel, 'refs' | 'answers'> & { readonly source: string; answers: number };
type Wanted = Pick<Slot, 'name' | 'version' | 'source'>;

/** A folder may be whole again, or the store back, without a new version. */
const RETRY_BROKEN_MS = 10_000;

/** Holds versions of models in memory, each once. Models answer synchronously, so none is disposed while it answers. */
export function createModelShelf({ findVersions, load, readCatalogues, onChange, log }: ModelShelfParts): ModelShelf {
  const slots = new Map<ModelRef, Slot>();
  /** How many answers of now keep a version in memory. */
  const held = new Map<LoadedModel, number>();
  const failures = new Map<ModelRef, BrokenModel & { source: string; retryAt: number }>();

  const loaded = (): Slot[] => [...new Set(slots.values())];

  async function bring(refs: readonly ModelRef[]): Promise<void> {
    const found = await findVersions(refs.map(readModelRef));
    // One after the other, so that at most one model more than needed is in memory.
    for (const [at, ref] of refs.entries()) {
      const version = found[at];
      if (!version) letGo(ref);
      else await follow(ref, { ...version, name: version.name as ModelName });
    }
  }

  async function follow(ref: ModelRef, wanted: Wanted): Promise<void> {
    const slot = slots.get(ref);
    if (slot && isSame(slot, wanted)) return void failures.delete(ref);
    const failed = failures.get(ref);
    if (failed && isSame(failed, wanted) && Date.now() < failed.retryAt) return;
    const there = loaded().find((other) => isSame(other, wanted));
    if (there) return put(ref, there);
    try {
      const { name, version, source } = wanted;
      put(ref, { name, version, source, ...(await loadAndTry({ load, readCatalogues }, wanted)), loadedAt: new Date(), answers: 0 });
      log.info({ model: name, version, ref, replaced: slot?.version }, 'model loaded');
      onChange({ name, version, outcome: 'loaded' });
    } catch (error) {
      noteBroken(ref, wanted, error);
    }
  }

  function put(ref: ModelRef, slot: Slot): void {
    const before = slots.get(ref);
    slots.set(ref, slot);
    failures.delete(ref);
    if (before) disposeUnused(before);
  }

  function noteBroken(ref: ModelRef, { name, version, source }: Wanted, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const isKnown = failures.get(ref)?.reason === reason;
    failures.set(ref, { ref, name, version, source, reason, retryAt: Date.now() + RETRY_BROKEN_MS });
    if (isKnown) return; // said and counted when it was first found
    log.error({ err: error, model: name, version, serving: slots.get(ref)?.version }, 'model cannot be loaded');
    onChange({ name, version, outcome: 'broken' });
  }

  function letGo(ref: ModelRef): void {
    failures.delete(ref);
    const slot = slots.get(ref);
    if (!slot) return;
    slots.delete(ref);
    if (!disposeUnused(slot)) return;
    const { name, version } = slot;
    log.info({ model: name, version, ref }, 'nothing asks for the model any more');
    onChange({ name, version, outcome: 'removed' });
  }

  /** @returns whether no reference had it any more */
  function disposeUnused(slot: LoadedModel): boolean {
    const isUnused = !loaded().some((other) => other === slot);
    if (isUnused && !held.has(slot)) slot.model.dispose();
    return isUnused;
  }

  function hold(model: LoadedModel): () => void {
    held.set(model, (held.get(model) ?? 0) + 1);
    return () => {
      const others = (held.get(model) ?? 1) - 1;
      if (others > 0) return void held.set(model, others);
      held.delete(model);
      disposeUnused(model);
    };
  }

  return {
    find: (ref) => slots.get(ref),
    loaded,
    describe: () => loaded().map((slot) => ({ ...slot, refs: [...slots].filter(([, other]) => other === slot).map(([ref]) => ref) })),
    hold,
    noteAnswer({ name, version }) {
      const slot = loaded().find((one) => one.name === name && one.version === version);
      if (slot) slot.answers += 1;
    },
    broken: () => [...failures.values()],
    bring,
    keepOnly(refs) {
      for (const ref of new Set([...slots.keys(), ...failures.keys()])) if (!refs.includes(ref)) letGo(ref);
    },
    dispose() {
      const all = loaded();
      slots.clear();
      all.forEach(disposeUnused);
    },
  };
}

const isSame = (a: Wanted, b: Wanted) => a.name === b.name && a.version === b.version && a.source === b.source;

/** The first answer is the slowest, and shows whether there is one, and that it is of numbers: it is asked for before the model serves. */
async function loadAndTry(
  { load, readCatalogues }: Pick<ModelShelfParts, 'load' | 'readCatalogues'>,
  wanted: Wanted,
): Promise<MeasuredModel & Pick<LoadedModel, 'catalogues'>> {
  const unserved = whyNotServed(wanted);
  if (unserved) throw new Error(unserved);
  const { name, source } = wanted;
  const measured = await load(name, source);
  const { model } = measured;
  try {
    const [best] = model.recommend({ userId: model.users.ids[0] ?? null, k: 1 });
    if (best && !Number.isFinite(best.score)) throw new Error(`it gives movie ${best.movieId} the score ${best.score}`);
    return { ...measured, catalogues: await readCatalogues(model.movies.ids) };
  } catch (error) {
    model.dispose();
    throw error;
  }
}
