interface Version {
  readonly name: string;
  readonly version: string;
  readonly aliases: readonly string[];
  readonly gate: { readonly passed: boolean } | null;
}

/**
 * A version that a rollout would take: it passed the gate, and is not champion already; undefined where there is none.
 * @param answers whether a model of this name can answer
 */
export const rolloutCandidate = <V extends Version>(
  models: readonly { readonly latest_versions: readonly V[] }[],
  answers: (name: string) => boolean,
): V | undefined =>
  models
    .flatMap(({ latest_versions: versions }) => versions)
    .find(({ name, aliases, gate }) => answers(name) && gate?.passed === true && !aliases.includes('champion'));
