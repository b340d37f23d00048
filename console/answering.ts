/** What comes last by itself on every route. */
const LAST_RESORT = 'popularity@champion';
const TRENDING = 'trending';

type Registered = readonly { readonly name: string; readonly aliases: Readonly<Record<string, string>> }[];

/**
 * Names of what can answer of a variant's models, the preferred one first: those whose alias or version the registry has. What trends is in no registry.
 * @param refs as a route has them: `ials@champion`, `ials/3`, `trending@hour`
 */
export function answeringOf(refs: readonly string[], registered: Registered): readonly string[] {
  return [...refs, LAST_RESORT].flatMap((ref) => {
    const [name = '', alias] = ref.split(/[@/]/);
    const model = registered.find((one) => one.name === name);
    const isThere = ref.includes('@') ? model?.aliases[alias!] !== undefined : model !== undefined;
    return isThere || name === TRENDING ? [name] : [];
  });
}
