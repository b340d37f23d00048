/** Longer ones are texts, not names. */
const MOST_CHARACTERS = 200;

/** A name in the pieces between which it may be broken over lines: behind `_`, `/`, `:` and their like, as people read it. Pure. */
export const piecesOf = (name: string): readonly string[] =>
  name.length > MOST_CHARACTERS ? [name] : name.split(/(?<=[_/:,.@-])(?![_/:,.@-])/).filter((piece) => piece !== '');
