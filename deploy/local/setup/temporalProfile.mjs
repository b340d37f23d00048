import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

/**
 * Whether Temporal's own variables, or the profile that they choose, say where a Temporal is. The file is read here without a parser of TOML, since
 * the setup has no packages yet: a profile that is written in another way than as a table of its own counts as none.
 * @param {NodeJS.ProcessEnv} env
 */
export function isTemporalGiven(env) {
  if (env.TEMPORAL_ADDRESS) return true;
  if (!env.TEMPORAL_CONFIG_FILE && !env.TEMPORAL_PROFILE) return false;
  const folder = env.XDG_CONFIG_HOME || path.join(env.HOME || homedir(), '.config');
  const file = env.TEMPORAL_CONFIG_FILE || path.join(folder, 'temporalio', 'temporal.toml');
  return hasAddress(textOf(file), env.TEMPORAL_PROFILE || 'default');
}

function hasAddress(toml, profile) {
  let table;
  for (const line of toml.split(/\r?\n/)) {
    const header = /^\s*\[([^\]]+)\]/.exec(line)?.[1];
    if (header !== undefined) table = header.replace(/["'\s]/g, '');
    else if (table === `profile.${profile}` && /^\s*address\s*=\s*["'].+["']/.test(line)) return true;
  }
  return false;
}

/** A file that cannot be read is told by whoever reads the configuration. */
function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
