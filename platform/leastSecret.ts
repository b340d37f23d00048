import { ROLES, type Role } from '../contracts/roles.ts';
import type { Access } from './config.ts';

/** The secret of a caller whom our processes know as that, or else as more, of the least there is; undefined where nobody must be known. */
export function leastSecret({ credentials }: Pick<Access, 'credentials'>, least: Role): string | undefined {
  const enough = ROLES.slice(ROLES.indexOf(least));
  return enough.flatMap((role) => credentials.filter((one) => one.role === role))[0]?.secret;
}
