import { runCommand } from './command.mjs';

const OFFER = 'git can look at formatting, lint and message of each commit: scripts/hooks/install.sh';

/** @returns {Promise<string | undefined>} what to say to whoever works on the code, unless git looks at commits already, or this is no checkout */
export async function offerHooks(root) {
  const said = (args) =>
    runCommand('git', args, { cwd: root }).then(
      (text) => text.trim(),
      () => undefined,
    );
  if ((await said(['rev-parse', '--is-inside-work-tree'])) !== 'true') return undefined;
  return (await said(['config', 'core.hooksPath'])) === undefined ? OFFER : undefined;
}
