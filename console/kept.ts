/**
 * What this browser keeps from one visit to the next. Where it keeps nothing, since site data is blocked or its room is full, what was chosen holds
 * until the page is left.
 */
const nameOf = (name: string) => `mlops.${name}`;

export function readKept(name: string): string | null {
  try {
    return localStorage.getItem(nameOf(name));
  } catch {
    return null;
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(nameOf(name), value);
  } catch {
    // Chosen for this visit, then.
  }
}
