const LONGEST_MS = 15_000;
const SHORTEST_MS = 1_000;

/** How long to wait before the next question, after so many failures in a row: twice as long each time. */
export const nextWaitMs = (everyMs: number, failures: number): number =>
  failures === 0 ? everyMs : Math.min(LONGEST_MS, SHORTEST_MS * 2 ** (failures - 1));
