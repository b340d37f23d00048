/** Who may call what, least first: each may also do what those before it may. */
export const ROLES = ['viewer', 'user', 'operator', 'admin'] as const;
export type Role = (typeof ROLES)[number];
