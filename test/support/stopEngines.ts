/** Ends the engines of startEngines.ts and removes their folder. */
export default async function stopTestEngines(): Promise<void> {
  await globalThis.testEngines?.remove();
}
