import { runNameParts } from '../../runName.ts';

/** A run's name in little room: what tells it from its neighbours first, so that it is never what is cut off. */
export function RunName({ of: name }: { of: string }) {
  const { own, of } = runNameParts(name);
  return (
    <>
      {own}
      {of && <span class="muted run-of"> {of}</span>}
    </>
  );
}
