import { invalid } from '../../contracts/failures.ts';
import { BODY_DEPTH } from '../../contracts/sizes.ts';

const [QUOTE, BACKSLASH, LIST, LIST_END, OBJECT, OBJECT_END] = Buffer.from('"\\[]{}');

/**
 * Whoever looks into a body or keeps it goes down it by recursion, and so does Postgres: one that nests deep enough would end them all. Told by its
 * bytes, since parsing half a million lists within each other takes a thousand times as long as finding the first hundred.
 * @param json in UTF-8
 * @throws Failure `invalid` where objects and lists stand within each other deeper than BODY_DEPTH
 */
export function refuseDeepJson(json: Uint8Array): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
    } else if (byte === QUOTE) isText = true;
    else if (byte === LIST_END || byte === OBJECT_END) depth -= 1;
    else if (byte === LIST || byte === OBJECT) {
      depth += 1;
      if (depth > BODY_DEPTH) throw invalid('body', `nests deeper than ${BODY_DEPTH}`);
    }
  }
}
