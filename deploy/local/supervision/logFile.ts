import path from 'node:path';
import type { Config } from '../../../platform/config.ts';

/** Where a process, an engine or the guard writes. */
export const logFile = ({ stateDir }: Pick<Config, 'stateDir'>, name: string): string => path.join(stateDir, 'logs', `${name}.log`);
