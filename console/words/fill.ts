/** Puts values in the places of a text: `{count} {count|run|runs}`. */
export const fill = (text: string, values: Readonly<Record<string, string | number>> = {}): string =>
  text
    .replace(/\{(\w+)\|([^{}|]*)\|([^{}|]*)\}/g, (_place, name: string, one: string, many: string) =>
      String(values[name]) === '1' ? one : many,
    )
    .replace(/\{(\w+)\}/g, (place, name: string) => isolated(String(values[name] ?? place)));

const CONTROLS = /[\u202a-\u202e\u2066-\u2069]/g;
const LEFTWARD = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name that is written from right to left turns itself and not the sentence; what would turn what follows is shown as a sign. */
function isolated(value: string): string {
  const text = value.replace(CONTROLS, '\ufffd');
  return LEFTWARD.test(text) ? `\u2068${text}\u2069` : text;
}
