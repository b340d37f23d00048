/**
 * Gets the parts that stand alone beside the others, which may use what one before them brought: of each kind one after the other. Where one fails, what the
 * other kind is at is still done, since whoever set up holds the lock for it.
 * @template {{ standsAlone?: boolean }} Part
 * @param {readonly Part[]} parts
 * @param {(part: Part) => Promise<readonly string[]>} get
 * @returns {Promise<string[]>} what was said of the parts
 */
export async function getInLanes(parts, get) {
  const lanes = [parts.filter(({ standsAlone }) => !standsAlone), parts.filter(({ standsAlone }) => standsAlone)];
  const ended = await Promise.allSettled(lanes.map((lane) => getEach(lane, get)));
  const failed = ended.find(({ status }) => status === 'rejected');
  if (failed) throw failed.reason;
  return ended.flatMap(({ value }) => value);
}

async function getEach(parts, get) {
  const said = [];
  for (const part of parts) said.push(...(await get(part)));
  return said;
}
