import { effect, signal } from '@preact/signals';
import type { Role } from '../../contracts/roles.ts';
import { api } from './calls.ts';
import { isConnected, needsSignIn } from './connection.ts';

/** Who looks at the page; undefined until the API has said it. */
export const caller = signal<{ readonly name: string; readonly role: Role; readonly is_session: boolean } | undefined>(undefined);

/** From the least; a role may do what those before it may. */
export const ROLES: readonly Role[] = ['viewer', 'user', 'operator', 'admin'];

/** Whether the caller has at least this role. Nothing is offered before it is known who they are. */
export const may = (least: Role): boolean => caller.value !== undefined && ROLES.indexOf(caller.value.role) >= ROLES.indexOf(least);

/** Asked once, and again when the API comes back, or somebody has signed in. */
effect(() => {
  if (!isConnected.value || needsSignIn.value || caller.peek() !== undefined) return;
  api.callers.me().then(
    (known) => (caller.value = known),
    () => undefined, // told by whatever else is asked
  );
});

/** Ends the session of this browser; whoever looks then has to sign in. */
export async function logOut(): Promise<void> {
  await api.session.end();
  caller.value = undefined;
  needsSignIn.value = true;
}
