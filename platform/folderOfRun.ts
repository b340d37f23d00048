import { createHash } from 'node:crypto';

const PLAIN = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}(\/[A-Za-z0-9][A-Za-z0-9._:+-]{0,199}){1,3}$/;

/**
 * Where the files of a run lie, below the folder of their kind: `training/2026-11-23-a1` as its id says. Whoever starts a workflow in Temporal may choose any
 * id, `..` and `training` and a thousand letters too; such a run has a folder of another name, in which no other run's lies.
 */
export const folderOfRun = (id: string): string => (PLAIN.test(id) ? id : `~${createHash('sha256').update(id).digest('hex')}`);
