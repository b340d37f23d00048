import path from 'node:path';
import { installOnce } from '../deploy/local/setup/cache.mjs';
import { runCommand } from '../deploy/local/setup/command.mjs';
import { readConfig } from '../platform/config.ts';

/**
 * Makes the virtual environment of the libraries that models are measured beside, where it is not there yet (some 6 GB, with PyTorch).
 * Surprise is compiled against the numpy that is there; RecBole asks for more than its models need.
 * @returns its Python
 */
export async function installPeers(): Promise<string> {
  const { cacheDir } = readConfig();
  const onLine = (line: string) => void process.stderr.write(`${line}\n`);
  const folder = await installOnce(cacheDir, 'python-quality-peers-1', async (building: string) => {
    await runCommand('python3', ['-m', 'venv', building], { onLine });
    const install = (...what: string[]) =>
      runCommand(path.join(building, 'bin', 'python3'), ['-m', 'pip', 'install', '--disable-pip-version-check', ...what], { onLine });
    await install('--requirement', path.join(import.meta.dirname, 'peers.txt'));
    await install('--no-build-isolation', 'scikit-surprise==1.1.4');
    await install('--no-deps', 'recbole==1.2.1');
  });
  return path.join(folder, 'bin', 'python3');
}

/**
 * Makes the folder of the libraries that the model server is measured beside, where it is not there yet.
 * @returns the Python that has PyTorch, and the environment by which it finds them
 */
export async function installServingPeers(): Promise<{ python: string; env: NodeJS.ProcessEnv }> {
  const python = await installPeers();
  const onLine = (line: string) => void process.stderr.write(`${line}\n`);
  const folder = await installOnce(readConfig().cacheDir, 'python-serving-peers-1', async (building: string) => {
    const requirements = ['--requirement', path.join(import.meta.dirname, 'servingPeers.txt')];
    await runCommand(python, ['-m', 'pip', 'install', '--disable-pip-version-check', '--target', building, ...requirements], { onLine });
  });
  return { python, env: { ...process.env, PYTHONPATH: folder, NO_PROXY: '127.0.0.1' } };
}

/** Makes the virtual environment of Evidently, with its SciPy, where it is not there yet (some 0.9 GB). @returns its Python */
export async function installDriftPeers(): Promise<string> {
  const onLine = (line: string) => void process.stderr.write(`${line}\n`);
  const folder = await installOnce(readConfig().cacheDir, 'python-drift-peers-1', async (building: string) => {
    await runCommand('python3', ['-m', 'venv', building], { onLine });
    const requirements = ['--requirement', path.join(import.meta.dirname, 'driftPeers.txt')];
    const python = path.join(building, 'bin', 'python3');
    await runCommand(python, ['-m', 'pip', 'install', '--disable-pip-version-check', ...requirements], { onLine });
  });
  return path.join(folder, 'bin', 'python3');
}
