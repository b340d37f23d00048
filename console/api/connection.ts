import { signal } from '@preact/signals';

/** Whether the API answered when it was last asked. */
export const isConnected = signal(true);
/** Whether the API wants to know who looks, and does not. */
export const needsSignIn = signal(false);
/** Counts up when somebody wants to try at once. */
export const tries = signal(0);

export function noteAnswer(came: boolean): void {
  isConnected.value = came;
}
