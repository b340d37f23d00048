/**
 * How long `npm start -- --once` takes from an empty cache to its end: with the tools that the machine has (Go, Java, Maven, a C++ compiler), and with none
 * of them, so that PyPI gives them; beside an earlier commit where one is named, which needs them all. Each in a clone and a home of its own.
 * `npx tsx bench/coldStart.ts [commit]`
 */
import { spawn, spawnSync } from 'node:child_process';
import { cpus, tmpdir } from 'node:os';
import { mkdir, mkdtemp, readdir, rm, symlink } from 'node:fs/promises';
import path from 'node:path';
import { PROJECT_ROOT } from '../platform/config.ts';
import { printTable } from './figures.ts';

const BROUGHT_BY_MACHINE = /^(go|gofmt|java|javac|mvn|g\+\+|c\+\+|clang\+\+|temporal|kafka-.*)$/;
const RECOMMENDED = /^For user .+, by /m;
/** Above the ports that people use, below those that the system hands out. */
const randomOffset = () => String(10_000 + Math.floor(Math.random() * 300) * 50);

interface Way {
  readonly name: string;
  readonly commit: string;
  readonly searchPath: string;
}

/** Links to every program on PATH but those which the setup can bring. */
async function withoutTools(folder: string): Promise<string> {
  await mkdir(folder);
  const taken = new Set<string>();
  for (const from of (process.env['PATH'] ?? '').split(path.delimiter).filter(Boolean)) {
    for (const program of await readdir(from).catch(() => [])) {
      if (taken.has(program) || BROUGHT_BY_MACHINE.test(program)) continue;
      taken.add(program);
      await symlink(path.join(from, program), path.join(folder, program));
    }
  }
  return folder;
}

function run(program: string, args: readonly string[], cwd?: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

async function measure({ name, commit, searchPath }: Way, folder: string) {
  const home = path.join(folder, 'home');
  const clone = path.join(folder, 'clone');
  await mkdir(home, { recursive: true });
  run('git', ['clone', '--quiet', PROJECT_ROOT, clone]);
  run('git', ['checkout', '--quiet', commit], clone);
  const env = { ...process.env, PATH: searchPath, HOME: home, MAVEN_OPTS: `-Duser.home=${home}`, PORT_OFFSET: randomOffset() };
  const startedAt = performance.now();
  const secondsSince = () => (performance.now() - startedAt) / 1000;
  const child = spawn('npm', ['start', '--', '--once'], { cwd: clone, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  let setUpS = Number.NaN;
  let recommendedS = Number.NaN;
  const hear = (chunk: string) => {
    said += chunk;
    if (Number.isNaN(setUpS) && /^ok +Build/m.test(said)) setUpS = secondsSince();
    if (Number.isNaN(recommendedS) && RECOMMENDED.test(said)) recommendedS = secondsSince();
  };
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', hear);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  if (code !== 0) throw new Error(`${name} ended with ${code}:\n${said.slice(-3_000)}`);
  const megabytes = run('du', ['-sm', home]).split('\t')[0] ?? '';
  return [name, setUpS.toFixed(0), recommendedS.toFixed(0), secondsSince().toFixed(0), megabytes];
}

const [earlier] = process.argv.slice(2);
const folder = await mkdtemp(path.join(tmpdir(), 'mlops-cold-'));
const ofMachine = process.env['PATH'] ?? '';
const ways: Way[] = [
  ...(earlier ? [{ name: `${earlier}, tools of the machine`, commit: earlier, searchPath: ofMachine }] : []),
  { name: 'this commit, tools of the machine', commit: 'HEAD', searchPath: ofMachine },
  { name: 'this commit, none of them there', commit: 'HEAD', searchPath: await withoutTools(path.join(folder, 'programs')) },
];
const rows = [];
try {
  for (const [index, way] of ways.entries()) {
    console.error(`${way.name} …`);
    const own = path.join(folder, String(index));
    const row = await measure(way, own);
    console.error(row.join('  ')); // a run of half an hour may be cut off
    rows.push(row);
    await rm(own, { recursive: true, force: true });
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}
console.log(`Cold start, ${cpus().length} cores, Node ${process.version}\n`);
printTable(['empty cache', 'set up, s', 'recommended, s', 'ended, s', 'MB at home'], rows);
