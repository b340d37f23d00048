import { signal } from '@preact/signals';

/** Whether the API answered when it was last asked. */
export const isConnected = signal(true);
/** Counts up when somebody wants to try at once. */
export const tries = signal(0);

export function noteAnswer(came: boolean): void {
  isConnected.value = came;
}
