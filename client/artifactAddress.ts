import { refused } from '../contracts/failures.ts';

/** Whose files are meant, and the path below them; `''` is all of them. */
export type ArtifactAddress = { readonly path: string } & (
  | { readonly of: 'run' | 'loggedModel'; readonly id: string }
  | { readonly of: 'version'; readonly name: string; readonly version: string }
  | { readonly of: 'alias'; readonly name: string; readonly alias: string }
  /** The newest of all stages where none is given */
  | { readonly of: 'newest'; readonly name: string; readonly stage?: string }
  | { readonly of: 'proxy' }
);

/**
 * Reads an address as MLflow's users write it: `runs:/<run>/<path>` or the run's id alone, `models:/<name>/<version>/<path>`,
 * `models:/<name>/latest/<path>`, `models:/<name>/<stage>/<path>`, `models:/<name>@<alias>/<path>`, `models:/<logged model>/<path>`,
 * `mlflow-artifacts:/<path>`.
 * @throws Failure `invalid` for any other
 */
export function parseArtifactAddress(text: string): ArtifactAddress {
  const [, scheme = 'runs', whole = ''] = /^(?:([a-z][a-z\d+.-]*):\/{0,3})?(.*)$/is.exec(text) ?? [];
  const [first = '', ...rest] = namesOf(whole);
  if (scheme === 'mlflow-artifacts') return { of: 'proxy', path: joinNames([first, ...rest]) };
  if (first === '' || !['runs', 'models'].includes(scheme)) throw notAnAddress(text);
  if (scheme === 'runs') return { of: 'run', id: first, path: joinNames(rest) };
  if (LOGGED_MODEL.test(first)) return { of: 'loggedModel', id: first, path: joinNames(rest) };
  const at = first.lastIndexOf('@');
  if (at > 0) return { of: 'alias', name: first.slice(0, at), alias: first.slice(at + 1), path: joinNames(rest) };
  const [which, ...below] = rest;
  if (which === undefined) throw notAnAddress(text);
  return { ...versionOf(first, which), path: joinNames(below) };
}

/** As MLflow's clients read it: what is neither a number nor `latest` is a stage. */
function versionOf(name: string, which: string) {
  if (/^\d+$/.test(which)) return { of: 'version', name, version: which } as const;
  return { of: 'newest', name, ...(which.toLowerCase() !== 'latest' && { stage: which }) } as const;
}

const LOGGED_MODEL = /^m-[0-9a-f]{32}$/;

const namesOf = (path: string) => path.split('/').filter((name) => name !== '');

/** @throws Failure `invalid` for a way up, which an address of HTTP would take by itself */
function joinNames(names: readonly string[]): string {
  const path = names.join('/');
  if (names.some((name) => name === '.' || name === '..')) throw refused(`${path} is no path of an artifact`);
  return path;
}

const notAnAddress = (text: string) =>
  refused(
    `${text} is no address of artifacts; give a run's id, runs:/<run>/<path>, models:/<name>/<version, latest or stage>/<path>, models:/<name>@<alias>/<path> or mlflow-artifacts:/<path>`,
  );
