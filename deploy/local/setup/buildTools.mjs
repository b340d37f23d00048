import path from 'node:path';
import { installOnce } from './cache.mjs';
import { unpackFromPypi } from './pypi.mjs';

/** The folder of what is needed to install and not to run; a setup that has come to its end removes it. */
export const BUILD_TOOLS = 'build-tools';

/** @returns {Promise<string>} the folder of a tool that PyPI has, unpacked unless it is there */
export const buildTool = (name, context) =>
  installOnce(path.join(context.cacheDir, BUILD_TOOLS), name, (folder) => unpackFromPypi(name, folder, context), context.step.say);
