import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { createChildPool, type ChildPoolSettings } from '../../platform/childProcess/pool.ts';
import type { Config } from '../../platform/config.ts';
import type { Logger } from '../../platform/log.ts';
import { inSpan, openInside } from '../../platform/traces/traces.ts';
import { NOTHING_LOADED, type ModelState, type Scorer, type ScorerEvents, type ScorerState } from './scorer.ts';

/** What a scoring process answers. */
export type Scoring = Pick<Scorer, 'recommend' | 'predict' | 'similar' | 'infer'>;

/** What it tells without being asked. */
export type Told =
  | { readonly state: ScorerState }
  | { readonly shadow: Parameters<ScorerEvents['onShadowServed']>[0] }
  | { readonly outcome: Parameters<ScorerEvents['onShadow']>[0] }
  | { readonly change: Parameters<ScorerEvents['onChange']>[0] };

export type PoolEvents = Pick<ChildPoolSettings, 'onEnded' | 'onRefused'>;

/** The built program; it reads the configuration from its environment. */
const PROGRAM = path.join(path.dirname(fileURLToPath(import.meta.url)), 'main.js');

/** A scorer whose work is done by processes of their own, each with all models in its memory: whatever it costs, HTTP goes on. */
export function startScoringProcesses(
  { processes: size, memoryMb: mostMb, waitingAtMost, deadlineMs }: Config['scoring'],
  { onEnded, onRefused, log, ...events }: ScorerEvents & PoolEvents & { readonly log: Logger },
): Scorer {
  const states = new Map<number, ScorerState>();

  function onTold(pid: number, given: unknown): void {
    const told = given as Told;
    if ('state' in told) states.set(pid, told.state);
    else if ('shadow' in told) events.onShadowServed(told.shadow);
    else if ('outcome' in told) events.onShadow(told.outcome);
    else events.onChange(told.change);
  }

  const pool = createChildPool({
    ...{ file: PROGRAM, size, mostMb, waitingAtMost, deadlineMs, onTold, onRefused, log },
    onEnded(pid, ending) {
      states.delete(pid);
      onEnded(pid, ending);
    },
  });
  const call =
    <Name extends keyof Scoring>(name: Name) =>
    (input: Parameters<Scoring[Name]>[0], signal?: AbortSignal) =>
      inSpan(
        openInside(() => ({ name: `score ${name}` })),
        () => pool.call(name, input, signal),
      ) as ReturnType<Scoring[Name]>;

  return {
    recommend: call('recommend'),
    predict: call('predict'),
    similar: call('similar'),
    infer: call('infer'),
    state: () => together([...states.values()]),
    processes: () =>
      pool.members().map(({ pid, standing, residentMb, calls }) => ({ pid, isReady: standing === 'ready', residentMb, calls })),
    close: () => pool.close(),
  };
}

/** What processes answer by as one: each version once, with the answers of all. */
export function together([first = NOTHING_LOADED, ...others]: readonly ScorerState[]): ScorerState {
  return others.reduce((all, one) => {
    const keyOf = ({ name, version }: { name: string; version: string }) => `${name} ${version}`;
    const models = new Map<string, ModelState>(all.models.map((model) => [keyOf(model), model]));
    for (const model of one.models) {
      const known = models.get(keyOf(model));
      models.set(keyOf(model), known ? { ...known, answers: known.answers + model.answers } : model);
    }
    return {
      ...all,
      models: [...models.values()],
      broken: unique([...all.broken, ...one.broken], ({ ref, version }) => `${ref} ${version}`),
      routes: unique([...one.routes, ...all.routes], ({ route }) => route),
      heldBack: unique([...all.heldBack, ...one.heldBack], ({ route }) => route),
      trending: unique([...all.trending, ...one.trending], (ref) => ref),
    };
  }, first);
}

const unique = <One>(all: readonly One[], keyOf: (one: One) => string): One[] =>
  [...new Map(all.toReversed().map((one) => [keyOf(one), one])).values()].toReversed();
