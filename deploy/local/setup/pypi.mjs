import { fileURLToPath } from 'node:url';
import { runCommand } from './command.mjs';

/** What pins a package of PyPI and all that it needs, by version and hash. */
export const requirementsOf = (name) => fileURLToPath(new URL(`requirements/${name}.txt`, import.meta.url));

/**
 * Unpacks what `requirements/<name>.txt` pins and nothing else, each file checked by its hash. It lies in a folder of its own, so that neither root nor a Python
 * that a distribution keeps for itself (PEP 668) stands in the way.
 * @throws SetupError with pip's own words, for one where there is no wheel for this machine
 */
export function unpackFromPypi(name, folder, { step, env }) {
  const exactly = ['--only-binary=:all:', '--require-hashes', '--no-deps', '--target', folder, '--requirement', requirementsOf(name)];
  const quietly = [
    '--quiet',
    '--no-input',
    '--no-compile',
    '--disable-pip-version-check',
    '--root-user-action=ignore',
    '--no-warn-script-location',
  ];
  return runCommand('python3', ['-m', 'pip', 'install', ...quietly, ...exactly], { env, onLine: step.say });
}
